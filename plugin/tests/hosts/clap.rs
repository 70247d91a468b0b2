//! What a CLAP host does with the plugin.

use std::path::Path;

use clack_extensions::params::ParamInfoFlags;

use crate::clap_host::{Plugin, Stereo, load};
use crate::{CLAP, Scenario};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::parameters",
        bundles: CLAP,
        run: parameters,
    },
    Scenario {
        name: "clap::blocks",
        bundles: CLAP,
        run: blocks,
    },
];

/// The parameters have their names, ranges and defaults, and understand what they show.
fn parameters(bundle: &Path) {
    let library = load(bundle);
    let mut plugin = Plugin::new(&library);
    let parameters = plugin.parameters();
    let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["Input", "Output", "Input Source", "Bypass"]);
    for parameter in &parameters {
        assert!(parameter.flags.contains(ParamInfoFlags::IS_AUTOMATABLE));
        assert_eq!(plugin.value(parameter.id), parameter.default);
    }
    let [input, output, source, bypass] = parameters.as_slice() else {
        panic!("four parameters");
    };

    // A position between 0 and 1 stands for a gain that is linear in dB.
    for (gain, most) in [(input, 20.0), (output, 40.0)] {
        assert_eq!(gain.range, 0.0..=1.0);
        assert_eq!(gain.default, 0.5);
        let position = |db: f64| (db + most) / (2.0 * most);
        for tenths in (-10 * most as i32)..=(10 * most as i32) {
            let db = f64::from(tenths) / 10.0;
            let text = plugin.text(gain.id, position(db));
            assert_eq!(text, format!("{db:.1} dB"), "{}", gain.name);
            let back = plugin.typed(gain.id, &text).expect("its own words");
            assert!((back - position(db)).abs() < 1e-6, "{text}: {back}");
        }
        for (typed, db) in [
            ("-4.5", -4.5),
            ("+3,5 dB", 3.5),
            ("  7dB ", 7.0),
            ("\u{2212}4,5 dB", -4.5),
            ("1000", most),
            ("-1000", -most),
        ] {
            let value = plugin.typed(gain.id, typed);
            let value = value.unwrap_or_else(|| panic!("{typed:?} is understood"));
            assert!((value - position(db)).abs() < 1e-6, "{typed:?}: {value}");
        }
        for typed in ["", "dB", "loud", "nan", "inf", "1 2"] {
            assert_eq!(plugin.typed(gain.id, typed), None, "{typed:?}");
        }
    }

    assert_eq!(source.range, 0.0..=3.0);
    let sources: Vec<String> = (0..4)
        .map(|value| plugin.text(source.id, f64::from(value)))
        .collect();
    assert_eq!(sources, ["Stereo", "Left", "Right", "Sum"]);
    for (value, name) in sources.iter().enumerate() {
        assert_eq!(plugin.typed(source.id, name), Some(value as f64));
    }
    assert!(source.flags.contains(ParamInfoFlags::IS_STEPPED));
    assert_eq!(bypass.range, 0.0..=1.0);
    assert!(bypass.flags.contains(ParamInfoFlags::IS_BYPASS));
}

/// The sound does not depend on how the host cuts it, and a block of no frames does no harm.
fn blocks(bundle: &Path) {
    let library = load(bundle);
    let input = noise(48_000);
    let whole = Plugin::new(&library).play(48_000.0, &input, &[64]);
    for blocks in [
        &[1][..],
        &[0, 7],
        &[63],
        &[65],
        &[512],
        &[8192],
        &[1, 8192, 0, 31, 256, 5],
    ] {
        let cut = Plugin::new(&library).play(48_000.0, &input, blocks);
        assert!(cut == whole, "blocks of {blocks:?}");
    }
    // More frames at once than were announced.
    let more = Plugin::new(&library).run(
        48_000.0,
        64,
        |audio| audio.play(&input, &[64, 1000]),
        |_| (),
    );
    assert!(more == whole);
}

/// White noise at -12 dBFS, another on each side.
fn noise(frames: usize) -> Stereo {
    let mut seed = 1u32;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) as f32 * 0.25
    };
    let mut side = || (0..frames).map(|_| sample()).collect();
    [side(), side()]
}
