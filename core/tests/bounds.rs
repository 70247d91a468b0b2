//! Short files that ask for much: what reading, building and settling take stays in proportion.
//!
//! Each of these once took far more than its share, or would if nobody looked. The allocator of
//! this test binary counts.

mod common;

use common::counting;
use gridleak_core::{Capture, CaptureError, Result};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Reads the file, and if it loads plays it; neither may take more memory than is its due.
fn try_out(name: &str, file: &Value) -> Result<Capture> {
    let bytes = file.to_string().into_bytes();
    let (loaded, peak) = counting::peak(|| Capture::from_bytes("test.nam", &bytes));
    println!(
        "{name}: {} bytes, {peak} to load ({:.1} per byte), loads: {}",
        bytes.len(),
        peak as f64 / bytes.len() as f64,
        loaded.is_ok()
    );
    let bound = counting::load_bound(bytes.len());
    assert!(peak <= bound, "{name}: {peak} of {bound} bytes to load");
    let play = |capture: &Capture, oversampling: usize| {
        let ((), peak) = counting::peak(|| {
            let mut model = capture.oversampled(oversampling).build();
            model.prewarm();
            let input = vec![&[0.1; 65][..]; model.in_channels()];
            let mut planes = vec![[0.0; 65]; model.out_channels()];
            let mut output: Vec<&mut [f32]> = planes.iter_mut().map(|p| &mut p[..]).collect();
            model.process(&input, &mut output);
            model.set_slim(0.0);
            model.process(&input, &mut output);
        });
        println!("{name}: {peak} to play, oversampled up to {oversampling} times");
        let bound = counting::play_bound(bytes.len());
        assert!(peak <= bound, "{name}: {peak} of {bound} bytes to play");
    };
    if let Ok(capture) = &loaded {
        play(capture, 1);
        play(capture, 8);
    }
    loaded
}

fn model(architecture: &str, config: Value, weights: Value) -> Value {
    json!({"version": "0.5.4", "architecture": architecture, "config": config, "weights": weights,
        "sample_rate": 48000})
}

/// A list of this many weights.
fn weights(count: usize) -> Value {
    Value::Array(vec![json!(0); count])
}

/// As many weights as the file asks for.
fn fitted(mut file: Value) -> Value {
    let bytes = file.to_string().into_bytes();
    if let Err(CaptureError::WeightCount { expected, .. }) = Capture::from_bytes("", &bytes) {
        file["weights"] = weights(expected);
    }
    file
}

/// One layer array, with members changed.
fn array(members: Value) -> Value {
    let mut array = json!({"input_size": 1, "condition_size": 1, "channels": 1, "head_size": 1,
        "head_bias": false, "activation": "ReLU", "kernel_size": 1, "dilations": [1]});
    for (key, value) in members.as_object().expect("an object") {
        array[key] = value.clone();
    }
    array
}

fn wavenet(layers: Value) -> Value {
    model(
        "WaveNet",
        json!({"layers": layers, "head": null, "head_scale": 1}),
        json!([]),
    )
}

/// A recurrent net of 1 unit.
fn lstm(rate: f64) -> Value {
    let mut file = model(
        "LSTM",
        json!({"num_layers": 1, "input_size": 1, "hidden_size": 1}),
        weights(16),
    );
    file["sample_rate"] = json!(rate);
    file
}

fn sequential(models: Vec<Value>) -> Value {
    model("Sequential", json!({"models": models}), json!([]))
}

fn refusal(name: &str, file: &Value) -> String {
    let error = try_out(name, file).expect_err("it should be refused");
    error.to_string()
}

#[test]
fn very_many_layers_without_weights() {
    let lists: [(&str, Value); 5] = [
        (
            "wavenet",
            wavenet(json!([array(json!({"dilations": vec![1; 300_000]}))])),
        ),
        (
            "wavenet, gated by lists",
            wavenet(json!([array(json!({"dilations": vec![1; 100_000],
                "kernel_size": vec![1; 100_000], "activation": vec!["ReLU"; 100_000],
                "gating_mode": vec!["gated"; 100_000],
                "secondary_activation": vec!["ReLU"; 100_000]}))])),
        ),
        (
            "convnet",
            model(
                "ConvNet",
                json!({"channels": 1, "dilations": vec![1; 300_000], "batchnorm": true,
                    "activation": "Tanh"}),
                json!([]),
            ),
        ),
        (
            "lstm",
            model(
                "LSTM",
                json!({"num_layers": 65536, "input_size": 1, "hidden_size": 1000}),
                json!([]),
            ),
        ),
        (
            "post-stack head",
            model(
                "WaveNet",
                json!({"layers": [array(json!({}))], "head_scale": 1,
                    "head": {"channels": 1, "out_channels": 1, "activation": "ReLU",
                        "kernel_sizes": vec![1; 300_000]}}),
                json!([]),
            ),
        ),
    ];
    for (name, file) in lists {
        let message = refusal(name, &file);
        let words = ["layers", "names, texts and lists"];
        let said = words.iter().any(|words| message.contains(words));
        assert!(said, "{name}: {message}");
    }
}

#[test]
fn very_many_layers_with_weights() {
    let plain = wavenet(json!([array(json!({"dilations": vec![1; 20_000]}))]));
    let off = json!({"active": false});
    let bare = wavenet(json!([array(
        json!({"dilations": vec![1; 20_000], "layer1x1": off})
    )]));
    let few = wavenet(json!([array(
        json!({"dilations": vec![1; 1_000], "layer1x1": off})
    )]));
    let convnet = json!({"channels": 1, "dilations": vec![1; 1_000], "batchnorm": false,
        "activation": "Tanh"});
    let lstm = json!({"num_layers": 200, "input_size": 1, "hidden_size": 1});
    let _ = try_out("wavenet", &fitted(plain));
    let _ = try_out("bare wavenet", &fitted(bare));
    try_out("shorter wavenet", &fitted(few)).expect("not too many");
    let convnet = fitted(model("ConvNet", convnet, json!([])));
    try_out("convnet", &convnet).expect("not too many");
    let lstm = fitted(model("LSTM", lstm, json!([])));
    try_out("lstm", &lstm).expect("not too many");
    // Together they are too many, though none is by itself.
    let message = refusal("chain", &sequential(vec![convnet, lstm]));
    assert!(message.contains("layers"), "{message}");
}

#[test]
fn a_list_of_slopes_is_not_kept_for_every_layer() {
    let prelu = json!({"type": "PReLU", "negative_slopes": vec![0; 20_000]});
    for key in ["activation", "secondary_activation"] {
        let members = json!({"dilations": vec![1; 1_000], "gating_mode": "gated", (key): prelu});
        let message = refusal(key, &wavenet(json!([array(members)])));
        assert!(message.contains("weights"), "{message}");
    }
}

#[test]
fn a_long_list_deep_inside() {
    // The path to each element is long, and there are many.
    let long = json!({"type": "PReLU", "negative_slopes": vec![0; 200_000]});
    let mut file = wavenet(json!([array(json!({"activation": long}))]));
    for _ in 0..25 {
        file = model(
            "SlimmableContainer",
            json!({"submodels": [{"max_value": 1, "model": file}]}),
            json!([]),
        );
    }
    let message = refusal("deep", &file);
    assert!(message.contains("weights"), "{message}");
}

/// Whatever JSON is made of, it is small in memory, and nothing of it stays.
#[test]
fn json_that_would_be_large_in_memory() {
    let nested = |open: &str, close: &str| format!("{}0{}", open.repeat(100), close.repeat(100));
    let (lists, objects) = (nested("[", "]"), nested("{\"\":", "}"));
    let long = "x".repeat(1000);
    let (text, escaped) = (format!("\"{long}\""), format!("\"{}\"", "\\n".repeat(1000)));
    let parts = [
        "0",
        "[]",
        "{}",
        "\"\"",
        "null",
        "[[0]]",
        "[0,0,0]",
        "{\"\":0}",
        "{\"\":[]}",
        "{\"a\":[],\"b\":[]}",
        "{\"a\":0,\"a\":1,\"a\":[]}",
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,[]",
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,{\"\":0}",
        &lists,
        &objects,
        &text,
        &escaped,
    ];
    let try_text = |name: &str, text: String| {
        for bytes in [
            text.clone().into_bytes(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ] {
            let ((loaded, stays), peak) = counting::peak(|| {
                let before = counting::live();
                let loaded = Capture::from_bytes("", &bytes);
                (
                    loaded.map(|_| ()).map_err(|e| e.to_string()),
                    counting::live() - before,
                )
            });
            loaded.expect_err("it should be refused");
            let each = peak as f64 / bytes.len() as f64;
            println!(
                "{name}: {peak} of {} bytes, {each:.1} per byte",
                bytes.len()
            );
            assert!(peak <= counting::load_bound(bytes.len()), "{name}: {peak}");
            assert!(stays < 10_000, "{name}: {stays} stay");
        }
    };
    for part in parts {
        for length in [1_000, 30_000, 300_000, 5_000_000] {
            let many = format!("{part},").repeat(length / (part.len() + 1));
            let name: String = part.chars().take(30).collect();
            try_text(&name, format!("[{many}0]"));
            // As members, which have to be told apart, and as a single one that occurs again.
            let members = format!("\"a\":[{many}0],");
            try_text(
                &format!("again {name}"),
                format!("{{{members}{members}\"b\":0}}"),
            );
        }
    }
    for count in [1_000, 10_000, 1_000_000] {
        let members: Vec<String> = (0..count).map(|n| format!("\"{n}\":0")).collect();
        try_text("members", format!("{{{}}}", members.join(",")));
        let members = "\"\":0,".repeat(count);
        try_text("same members", format!("{{{members}\"\":0}}"));
    }
}

/// A list of numbers, as long as files may be: what was 3 GB.
#[test]
fn the_longest_file() {
    for part in ["0,", "{\"\":0},", "[],", "\"\","] {
        let most = gridleak_core::MAX_FILE_BYTES as usize;
        let list = part.repeat((most - 100) / part.len());
        let text = format!("{{\"weights\":[{list}0]}}");
        let (loaded, peak) = counting::peak(|| Capture::from_bytes("", text.as_bytes()));
        loaded.expect_err("it says nothing else");
        println!("{part} {:.1} per byte", peak as f64 / text.len() as f64);
        assert!(peak <= counting::load_bound(text.len()), "{part} {peak}");
    }
}

#[test]
fn sizes_to_choose_from() {
    let uniform = json!({"method": "slice_channels_uniform"});
    let slim = |channels: usize| {
        array(json!({"channels": channels, "slimmable": uniform, "head_size": channels}))
    };
    // Every array has a list of widths.
    let arrays: Vec<Value> = (0..100).map(|_| slim(60_000)).collect();
    let message = refusal("wide", &wavenet(json!(arrays)));
    assert!(message.contains("widths"), "{message}");
    // Together they have many more than each.
    let mut input = 1;
    let arrays: Vec<Value> = (0..12)
        .map(|index| {
            let channels = 40 + index;
            let members = json!({"channels": channels, "slimmable": uniform,
                "input_size": input, "head_size": channels + 1});
            input = channels;
            array(members)
        })
        .collect();
    let message = refusal("together", &fitted(wavenet(json!(arrays))));
    assert!(message.contains("widths"), "{message}");
    // Each size has a condition of its own.
    let large = model(
        "LSTM",
        json!({"num_layers": 1, "input_size": 1, "hidden_size": 100}),
        json!([]),
    );
    let mut file = wavenet(json!([array(
        json!({"channels": 100, "head_size": 1, "slimmable": uniform})
    )]));
    file["config"]["condition_dsp"] = fitted(large);
    let message = refusal("conditions", &fitted(file));
    assert!(message.contains("memory"), "{message}");
    // The past of many inputs.
    let mut file = wavenet(json!([array(json!({"channels": 2, "slimmable": uniform,
        "input_size": 64, "condition_size": 64, "kernel_size": 2, "dilations": [70_000]}))]));
    file["config"]["in_channels"] = json!(64);
    let _ = try_out("past", &fitted(file));
}

#[test]
fn sizes_in_sizes_in_sizes() {
    // Each level multiplies what is below, beyond any number.
    let slim = json!({"channels": 8, "slimmable": {"method": "slice_channels_uniform"}});
    let mut file = fitted(wavenet(json!([array(slim.clone())])));
    for _ in 0..30 {
        let mut outer = wavenet(json!([array(slim.clone())]));
        outer["config"]["condition_dsp"] = file;
        file = fitted(outer);
    }
    let message = refusal("nested", &file);
    assert!(message.contains("memory"), "{message}");
}

#[test]
fn many_short_stages_and_channels() {
    let short = json!({"receptive_field": 1, "bias": false});
    let stages = vec![model("Linear", short, weights(1)); 3000];
    let _ = try_out("stages", &sequential(stages));
    for (channels, taps) in [(64, 1), (64, 300), (64, 4000), (64, 30_000), (1, 400_000)] {
        let config = json!({"receptive_field": taps, "bias": false, "in_channels": channels,
            "out_channels": channels});
        let name = format!("{channels} responses of {taps} taps");
        let _ = try_out(&name, &model("Linear", config, weights(taps)));
    }
}

#[test]
fn settling_ends_soon() {
    // Each stage remembers half a second, so all together remember for minutes.
    let stages: Vec<Value> = (0..200).map(|_| lstm(1e6)).collect();
    let mut file = wavenet(json!([array(json!({}))]));
    file["sample_rate"] = json!(1e6);
    let mut chain = sequential(stages);
    chain["sample_rate"] = json!(1e6);
    file["config"]["condition_dsp"] = chain;
    let message = refusal("chain of memories", &fitted(file));
    assert!(message.contains("settling"), "{message}");
    // A recurrent condition below a long lookback, again and again.
    let mut file = lstm(1e6);
    for _ in 0..10 {
        let mut outer = wavenet(json!([array(
            json!({"kernel_size": 2, "dilations": vec![1_000; 80]})
        )]));
        outer["sample_rate"] = json!(1e6);
        outer["config"]["condition_dsp"] = file;
        file = fitted(outer);
    }
    let message = refusal("long lookback", &file);
    assert!(message.contains("settling"), "{message}");
    // Far beyond any real recurrent capture, and yet it plays.
    let layers = json!({"num_layers": 4, "input_size": 1, "hidden_size": 80});
    let large = fitted(model("LSTM", layers, json!([])));
    try_out("large recurrent net", &large).expect("it should load");
}

/// As much as the limits leave room for, and what they cut down.
#[test]
fn oversampled_instances_stay_within_bounds() {
    for (dilation, factor) in [(1 << 16, 8), (1 << 19, 8), (1 << 20, 4)] {
        let net = json!({"channels": 1, "dilations": [dilation], "batchnorm": false,
            "activation": "ReLU"});
        let capture = try_out("long convnet", &fitted(model("ConvNet", net, json!([]))));
        assert_eq!(capture.unwrap().oversampling(8), factor, "{dilation}");
    }
    for (hidden, factor) in [(40, 8), (200, 8), (700, 4)] {
        let net = json!({"num_layers": 1, "input_size": 1, "hidden_size": hidden});
        let mut file = model("LSTM", net, json!([]));
        file["sample_rate"] = json!(1000);
        let capture = try_out("wide lstm", &fitted(file));
        assert_eq!(capture.unwrap().oversampling(8), factor, "{hidden} units");
    }
}
