//! Files that an engine must survive: each loads, or is refused with the error that fits.

mod common;

use common::{capture_names, fixture, render_blocks};
use gridleak_core::{Capture, CaptureError};
use std::collections::BTreeMap;

/// What each file that may or must be refused is refused with, and where.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("a2_empty_weights", "WeightCount", "weights"),
    ("a2_short1", "WeightCount", "weights"),
    ("arch_unknown", "UnknownArchitecture", "architecture"),
    ("cond_sr_mismatch", "Invalid", "config.condition_dsp"),
    ("cont_empty", "Invalid", "config.submodels"),
    ("conv_dilations_empty", "Invalid", "config.dilations"),
    ("conv_long1", "WeightCount", "weights"),
    ("conv_short_half", "WeightCount", "weights"),
    ("empty", "NotJson", ""),
    ("lin_empty_weights", "WeightCount", "weights"),
    ("lin_long1", "WeightCount", "weights"),
    ("lin_rf_zero", "Invalid", "config.receptive_field"),
    ("lin_short_half", "WeightCount", "weights"),
    ("lstm_hidden_1000", "WeightCount", "weights"),
    ("lstm_hidden_huge", "Invalid", "config.hidden_size"),
    ("lstm_hidden_string", "WrongType", "config.hidden_size"),
    ("lstm_inch_gt_inputsize", "Invalid", "config.input_size"),
    ("lstm_long1", "WeightCount", "weights"),
    ("lstm_missing_hidden", "Missing", "config.hidden_size"),
    ("lstm_short_half", "WeightCount", "weights"),
    ("missing_config", "Missing", "config"),
    ("missing_weights", "Missing", "weights"),
    ("nano_long1", "WeightCount", "weights"),
    ("nano_short_half", "WeightCount", "weights"),
    ("sequential", "Invalid", "config.models"),
    (
        "slim_method",
        "Invalid",
        "config.layers[0].slimmable.method",
    ),
    ("version_0.4.9", "VersionTooOld", "version"),
    ("version_0.5.4-beta", "NotAVersion", "version"),
    ("version_1.0.0", "VersionTooNew", "version"),
    ("version_int", "WrongType", "version"),
    ("weights_1e40", "Invalid", "weights[3]"),
    ("weights_null", "WrongType", "weights"),
    ("weights_with_null", "WrongType", "weights[3]"),
    (
        "wn_activation_identity",
        "UnknownActivation",
        "config.layers[0].activation",
    ),
    (
        "wn_activation_unknown",
        "UnknownActivation",
        "config.layers[0].activation",
    ),
    ("wn_channels_neg", "Invalid", "config.layers[0].channels"),
    (
        "wn_condition_size_3",
        "Invalid",
        "config.layers[0].condition_size",
    ),
    (
        "wn_dilation_huge",
        "Invalid",
        "config.layers[0].dilations[1]",
    ),
    (
        "wn_dilation_zero",
        "Invalid",
        "config.layers[0].dilations[1]",
    ),
    ("wn_empty_weights", "WeightCount", "weights"),
    ("wn_groups_bad", "Invalid", "config.layers[0].groups_input"),
    (
        "wn_head_k_mismatch_activ_list",
        "Invalid",
        "config.layers[0].activation",
    ),
    ("wn_head_scale_null", "WrongType", "config.head_scale"),
    ("wn_in_channels_0", "Invalid", "config.in_channels"),
    ("wn_kernel_zero", "Invalid", "config.layers[0].kernel_size"),
    ("wn_layers_empty", "Invalid", "config.layers"),
    ("wn_layers_string", "WrongType", "config.layers"),
    (
        "wn_second_condition_mismatch",
        "Invalid",
        "config.layers[1].condition_size",
    ),
    ("wn_short_half", "WeightCount", "weights"),
    ("x_badutf8", "NotJson", ""),
    ("x_film_emptyobj", "WeightCount", "weights"),
    ("x_trailing", "NotJson", ""),
];

fn kind(error: &CaptureError) -> String {
    let debug = format!("{error:?}");
    debug
        .split([' ', '(', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// What the kit says of each file: `loads`, `refused`, or `either`.
fn expectations() -> BTreeMap<String, String> {
    let table = std::fs::read_to_string(fixture("malformed/expected.tsv")).unwrap();
    let rows = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'));
    rows.map(|(file, verdict)| (file.replace(".nam", ""), verdict.to_owned()))
        .collect()
}

#[test]
fn every_file_of_the_kit() {
    let expected = expectations();
    let names = capture_names("malformed");
    assert_eq!(names.len(), 64, "a fixture is missing");
    for name in names {
        let verdict = &expected[&name];
        let refusal = REFUSALS.iter().find(|(file, ..)| *file == name);
        match (
            Capture::from_file(&fixture(&format!("malformed/{name}.nam"))),
            refusal,
        ) {
            (Ok(capture), None) => {
                assert_ne!(verdict, "refused", "{name} loads");
                let mut model = capture.build();
                model.prewarm();
                let sound = render_blocks(&mut model, &[0.1; 500], std::iter::repeat(64));
                assert!(sound.iter().all(|y| y.is_finite()), "{name}");
            }
            (Err(error), Some((_, wanted, place))) => {
                assert_ne!(verdict, "loads", "{name}: {error}");
                assert_eq!(&kind(&error), wanted, "{name}: {error}");
                let message = error.to_string();
                let start = if place.is_empty() {
                    format!("{name}.nam: ")
                } else {
                    format!("{name}.nam, at {place}: ")
                };
                assert!(
                    message.starts_with(&start),
                    "{message:?} does not start with {start:?}"
                );
                assert!(
                    message.ends_with('.') && !message.contains('\n'),
                    "{message}"
                );
            }
            (Ok(_), Some(_)) => panic!("{name} loads"),
            (Err(error), None) => panic!("{error}"),
        }
    }
}

fn refuse(json: &str) -> CaptureError {
    Capture::from_bytes("test.nam", json.as_bytes()).expect_err("should be refused")
}

/// A Linear capture with the given weights and further members.
fn linear(members: &str, config: &str, weights: &str) -> String {
    format!(
        r#"{{"version":"0.5.4","architecture":"Linear","config":{{"bias":false{config}}},"weights":[{weights}]{members}}}"#
    )
}

#[test]
fn not_json_at_all() {
    for bytes in [
        &b""[..],
        b"   \n",
        b"no capture",
        b"{\"version\":NaN}",
        b"\xff\xfe{\0\0\xd8}\0",
        b"\x80\x81\x82",
    ] {
        let error = Capture::from_bytes("1.nam", bytes).expect_err("should be refused");
        assert_eq!(kind(&error), "NotJson", "{error}");
    }
}

#[test]
fn what_is_accepted_although_odd() {
    let odd = [
        // a byte order mark, white space behind, CRLF
        format!(
            "\u{feff}{}\r\n\t ",
            linear("", r#","receptive_field":2"#, "1, 0")
        ),
        linear("", r#","receptive_field":2.0"#, "1, 0"),
        linear(r#","sample_rate":null"#, r#","receptive_field":2"#, "1, 0"),
        linear(
            r#","sample_rate":-48000"#,
            r#","receptive_field":2"#,
            "1, 0",
        ),
        linear(r#","metadata":null"#, r#","receptive_field":2"#, "1, 0"),
        linear(r#","metadata":[1]"#, r#","receptive_field":2"#, "1, 0"),
        linear(
            r#","metadata":{"loudness":"x","name":7,"date":null}"#,
            r#","receptive_field":2"#,
            "1, 0",
        ),
    ];
    for json in odd {
        let capture =
            Capture::from_bytes("odd.nam", json.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(capture.sample_rate(), 48_000.0);
        assert!(!capture.sample_rate_known());
        assert_eq!(capture.metadata().loudness, None);
    }
}

#[test]
fn sizes_are_checked_before_memory_is_taken() {
    // Each would ask for gigabytes, or for ever, if it were believed.
    let layers = |members: &str| {
        format!(
            r#"{{"version":"0.5.4","architecture":"WaveNet","config":{{"layers":[{{"input_size":1,"condition_size":1,"channels":1,"head_size":1,"head_bias":false,"activation":"Tanh",{members}}}],"head":null,"head_scale":1}},"weights":[1,1,1,1,1,1,1,1]}}"#
        )
    };
    let hostile = [
        layers(r#""kernel_size":2,"dilations":[100000000]"#),
        layers(r#""kernel_size":65536,"dilations":[1048576]"#),
        layers(r#""kernel_size":2,"dilations":[1048576,1048576,1048576]"#),
        layers(r#""kernel_size":2,"dilations":[1],"slimmable":{"method":"slice_channels_uniform"},"channels":65536"#),
        r#"{"version":"0.5.4","architecture":"LSTM","config":{"num_layers":65536,"input_size":1,"hidden_size":1000},"weights":[1,2,3]}"#.to_owned(),
        linear("", r#","receptive_field":1000000000"#, "1"),
        linear("", r#","receptive_field":1000000,"in_channels":64,"out_channels":64"#, "1"),
        format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("{}1{}", r#"{"a":"#.repeat(200_000), "}".repeat(200_000)),
    ];
    for json in hostile {
        refuse(&json);
    }
}

#[test]
fn a_long_lookback_is_refused_for_its_memory() {
    // Few weights, a believable dilation, but hundreds of channels to keep.
    let channels = 200;
    let count = channels
        + channels * channels * 2
        + channels
        + channels
        + channels * channels
        + channels
        + channels
        + 1;
    let json = format!(
        r#"{{"version":"0.5.4","architecture":"WaveNet","config":{{"layers":[{{"input_size":1,"condition_size":1,"channels":{channels},"head_size":1,"head_bias":false,"activation":"Tanh","kernel_size":2,"dilations":[1000000]}}],"head":null,"head_scale":1}},"weights":[{}0]}}"#,
        "0,".repeat(count - 1)
    );
    assert_eq!(kind(&refuse(&json)), "TooDemanding", "{}", refuse(&json));
}

#[test]
fn unreadable_files_say_why() {
    let missing = Capture::from_file(&fixture("captures/gone.nam")).expect_err("not there");
    assert!(missing.to_string().contains("no such file"), "{missing}");
    let folder = Capture::from_file(&fixture("captures")).expect_err("a folder");
    assert!(folder.to_string().contains("folder"), "{folder}");
}

/// A slimmable array whose head feeds an array of another width than its own rows for the head:
/// once cut to the wrong width, which panicked.
#[test]
fn slimming_before_an_array_with_a_head_of_its_own() {
    let head = |outputs: usize| {
        format!(r#""head":{{"out_channels":{outputs},"kernel_size":1,"bias":false}}"#)
    };
    let file = |weights: &str| {
        format!(
            r#"{{"version":"0.7.0","architecture":"WaveNet","config":{{"head":null,"head_scale":1,"layers":[
            {{"input_size":1,"condition_size":1,"channels":4,"dilations":[1,2],"kernel_size":2,
              "activation":"Tanh","slimmable":{{"method":"slice_channels_uniform"}},{}}},
            {{"input_size":4,"condition_size":1,"channels":4,"bottleneck":5,"dilations":[1],"kernel_size":1,
              "activation":"Tanh","head1x1":{{"active":true,"out_channels":3,"groups":1}},{}}}]}},
            "weights":[{weights}]}}"#,
            head(3),
            head(1)
        )
    };
    let CaptureError::WeightCount { expected, .. } = refuse(&file("")) else {
        panic!("only the weights are missing");
    };
    let weights = vec!["0.1"; expected].join(",");
    let capture = Capture::from_bytes("slim.nam", file(&weights).as_bytes())
        .unwrap_or_else(|error| panic!("{error}"));
    for slim in [0.0, 0.3, 0.6, 1.0] {
        let mut model = capture.build();
        model.set_slim(slim);
        model.prewarm();
        let sound = render_blocks(&mut model, &[0.1; 200], std::iter::repeat(64));
        assert!(sound.iter().all(|y| y.is_finite()));
    }
}

#[test]
fn a_batch_norm_without_a_root_is_refused() {
    // Kernel of 2 taps, then mean, variance, gain, offset and epsilon; then the head.
    let file = |variance: &str| {
        format!(
            r#"{{"version":"0.5.4","architecture":"ConvNet","config":{{"channels":1,"dilations":[1],"batchnorm":true,"activation":"ReLU"}},"weights":[1,1, 0,{variance},1,0,0, 1,0]}}"#
        )
    };
    Capture::from_bytes("test.nam", file("1").as_bytes()).expect("it has a root");
    for variance in ["-1", "0"] {
        let error = refuse(&file(variance));
        assert_eq!(kind(&error), "Invalid", "{error}");
        assert!(
            error.to_string().contains("at config.batchnorm:"),
            "{error}"
        );
    }
}

/// Sums of gates that single precision cannot hold would make an LSTM play nothing but NaN.
#[test]
fn recurrent_weights_beyond_reason_are_refused() {
    let file = |weight: f32| {
        let (hidden, gates) = (2, 8);
        let mut weights = vec![weight; gates * (1 + hidden)];
        weights.extend([0.1; 8 + 2 + 2 + 2 + 1]);
        format!(
            r#"{{"version":"0.5.4","architecture":"LSTM","config":{{"num_layers":1,"input_size":1,"hidden_size":{hidden}}},"weights":{weights:?}}}"#
        )
    };
    assert_eq!(kind(&refuse(&file(1e10))), "Invalid");
    let strong = Capture::from_bytes("strong.nam", file(1e4).as_bytes()).unwrap();
    for input in [0.5, 1e30, f32::NAN, f32::INFINITY] {
        let mut model = strong.build();
        model.prewarm();
        let mut output = [0.0; 100];
        model.process_mono(&[input; 100], &mut output);
        assert!(output.iter().all(|y| y.is_finite()), "{input}");
    }
}

#[test]
fn sizes_of_different_rates_are_refused() {
    let size = |max: f32, rate: &str| {
        let model = linear(rate, r#","receptive_field":2"#, "1, 0");
        format!(r#"{{"max_value":{max},"model":{model}}}"#)
    };
    let container = |rates: [&str; 3]| {
        format!(
            r#"{{"version":"0.7.0","architecture":"SlimmableContainer","weights":[],"config":{{"submodels":[{},{},{}]}}}}"#,
            size(0.2, rates[0]),
            size(0.5, rates[1]),
            size(1.0, rates[2])
        )
    };
    let (one, other) = (r#","sample_rate":48000"#, r#","sample_rate":44100"#);
    assert!(Capture::from_bytes("x.nam", container([one, "", one]).as_bytes()).is_ok());
    assert_eq!(kind(&refuse(&container([one, "", other]))), "Invalid");
}

/// Of a container with a broken size, the sizes that there are can still be told.
#[test]
fn what_was_understood_of_a_refused_file() {
    let bytes = std::fs::read(fixture("example_models/A2.nam")).unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    file["config"]["submodels"][1]["model"]["weights"] = serde_json::json!([1.0]);
    let path = std::env::temp_dir().join(format!("gridleak-broken-{}.nam", std::process::id()));
    std::fs::write(&path, file.to_string()).unwrap();
    let seen = Capture::examine(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(seen.architecture.as_deref(), Some("SlimmableContainer"));
    assert_eq!(seen.parts, ["WaveNet, 1871 weights", "WaveNet, 1 weights"]);
    assert_eq!(seen.metadata.loudness.map(f64::round), Some(-26.0));
    let error = seen.result.expect_err("one size has a single weight");
    assert_eq!(kind(&error), "WeightCount", "{error}");
    assert!(
        error
            .to_string()
            .contains("config.submodels[1].model.weights"),
        "{error}"
    );
}
