//! The same net in the old and the new spelling of the format is the same sound.

mod common;

use common::{capture_names, fixture, render_blocks, samples};
use gridleak_core::Capture;
use serde_json::{Value, json};

/// Rewrites a WaveNet of version 0.5 as trainer 0.13 would export it.
fn respell(old: &Value) -> Value {
    let mut new = old.clone();
    new["version"] = json!("0.7.0");
    for array in new["config"]["layers"].as_array_mut().unwrap() {
        let layers = array["dilations"].as_array().unwrap().len();
        let all = |value: Value| Value::Array(vec![value; layers]);
        let array = array.as_object_mut().unwrap();
        let take =
            |array: &mut serde_json::Map<String, Value>, key: &str| array.remove(key).unwrap();
        let kernel = take(array, "kernel_size");
        array.insert("kernel_sizes".into(), all(kernel));
        let activation = take(array, "activation");
        array.insert("activation".into(), all(json!({ "type": activation })));
        let gated = take(array, "gated") == json!(true);
        array.insert(
            "gating_mode".into(),
            all(json!(if gated { "gated" } else { "none" })),
        );
        let second = if gated {
            json!({"type": "Sigmoid"})
        } else {
            Value::Null
        };
        array.insert("secondary_activation".into(), all(second));
        let head = json!({
            "out_channels": take(array, "head_size"),
            "kernel_size": 1,
            "bias": take(array, "head_bias"),
        });
        array.insert("head".into(), head);
        array.insert("bottleneck".into(), array["channels"].clone());
        array.insert("layer1x1".into(), json!({"active": true, "groups": 1}));
        array.insert(
            "head1x1".into(),
            json!({"active": false, "out_channels": 1, "groups": 1}),
        );
        array.insert("slimmable".into(), Value::Null);
        for place in [
            "conv_pre",
            "conv_post",
            "input_mixin_pre",
            "input_mixin_post",
            "activation_pre",
            "activation_post",
            "layer1x1_post",
            "head1x1_post",
        ] {
            let off = json!({"active": false, "shift": true, "groups": 1});
            array.insert(format!("{place}_film"), off);
        }
    }
    new
}

#[test]
fn wavenets() {
    let signal = &samples("input_half_second.f32")[..4000];
    let names: Vec<String> = capture_names("captures")
        .into_iter()
        .filter(|n| n.starts_with("wn_"))
        .collect();
    assert!(names.len() >= 9);
    let files = names.iter().map(|name| format!("captures/{name}.nam"));
    for file in files.chain(["features/wn_gated_legacy.nam".to_owned()]) {
        let bytes = std::fs::read(fixture(&file)).unwrap();
        let old: Value = serde_json::from_slice(&bytes).unwrap();
        if old["config"]["layers"][0]
            .get("kernel_size")
            .is_none_or(|size| !size.is_number())
        {
            continue; // is in the new spelling already
        }
        let render = |file: &Value| {
            let capture = Capture::from_bytes("net.nam", file.to_string().as_bytes());
            let mut model = capture.unwrap_or_else(|error| panic!("{error}")).build();
            model.prewarm();
            render_blocks(&mut model, signal, std::iter::repeat(64))
        };
        assert_eq!(render(&old), render(&respell(&old)), "{file}");
    }
}

/// Softsigmoid is exported by the trainer as an object; Hardtanh's bounds count.
#[test]
fn activations_of_the_trainer() {
    let bytes = std::fs::read(fixture("features/wn_act_Softsign_15.nam")).unwrap();
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let with = |activation: Value| {
        let mut file = file.clone();
        for array in file["config"]["layers"].as_array_mut().unwrap() {
            array["activation"] = activation.clone();
        }
        Capture::from_bytes("net.nam", file.to_string().as_bytes())
    };
    let sound = |activation: Value| {
        let mut model = with(activation)
            .unwrap_or_else(|error| panic!("{error}"))
            .build();
        render_blocks(&mut model, &[0.4; 300], std::iter::repeat(64))
    };
    let softsign = sound(json!({"type": "Softsign"}));
    assert_ne!(sound(json!({"type": "Softsigmoid"})), softsign);
    assert!(with(json!("Softsigmoid")).is_err());
    let plain = sound(json!({"type": "Hardtanh"}));
    assert_eq!(
        plain,
        sound(json!({"type": "Hardtanh", "min_val": -1.0, "max_val": 1.0}))
    );
    assert_ne!(
        plain,
        sound(json!({"type": "Hardtanh", "min_val": -0.1, "max_val": 0.1}))
    );
}

/// What a file may leave out, or put in another order, without meaning anything else.
#[test]
fn metadata_is_kept() {
    let json = r#"{"weights":[1,0],"metadata":{"name":" Deluxe ","modeled_by":"Ann","gear_type":"amp",
        "tone_type":"vox","loudness":-18,"input_level_dbu":18.5,"output_level_dbu":null,"gain":0,
        "date":{"year":2026,"month":6,"day":1,"hour":9,"minute":5,"second":0},
        "training":{"validation_esr":0.012,"data":{"latency":{"manual":null,"calibration":{"recommended":-3}}}}},
        "config":{"receptive_field":2,"bias":false},"architecture":"Linear","version":"0.5.4","sample_rate":44100.0}"#;
    let capture = Capture::from_bytes("x.nam", json.as_bytes()).unwrap();
    let metadata = capture.metadata();
    assert_eq!(metadata.name.as_deref(), Some("Deluxe"));
    assert_eq!(metadata.tone_type.as_deref(), Some("vox"));
    assert_eq!(metadata.gear_make, None);
    assert_eq!(metadata.loudness, Some(-18.0));
    assert_eq!(metadata.input_level_dbu, Some(18.5));
    assert_eq!(metadata.output_level_dbu, None);
    assert_eq!(metadata.gain, Some(0.0));
    assert_eq!(metadata.date.as_deref(), Some("2026-06-01 09:05"));
    assert_eq!(metadata.validation_esr, Some(0.012));
    assert_eq!(metadata.trained_latency, Some(-3.0));
    assert_eq!(
        (capture.sample_rate(), capture.sample_rate_known()),
        (44_100.0, true)
    );
}
