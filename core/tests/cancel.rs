//! Whoever no longer wants a capture does not wait for it to be read.

mod common;

use common::fixture;
use gridleak_core::{Capture, CaptureError, MAX_FILE_BYTES};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The longest that anything may go on without a look, even in a debug build. In a release build on
/// a usual computer it is a tenth of it.
const SOON: Duration = Duration::from_millis(200);

/// Reads `bytes` and gives the longest time that passed between two looks, and their number.
fn between_looks(bytes: &[u8]) -> (Duration, usize) {
    let (last, longest, looks) = (
        Cell::new(Instant::now()),
        Cell::new(Duration::ZERO),
        Cell::new(0),
    );
    let look = || {
        longest.set(longest.get().max(last.replace(Instant::now()).elapsed()));
        looks.set(looks.get() + 1);
        false
    };
    let _ = Capture::from_bytes_unless("long.nam", bytes, &look);
    look();
    (longest.get(), looks.get())
}

/// Reading stops at the look that says so, at any of them.
#[test]
fn reading_ends_when_it_is_cancelled() {
    for name in [
        "example_models/A2.nam",
        "captures/convnet_full.nam",
        "captures/lstm_1x64.nam",
    ] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let (_, looks) = between_looks(&bytes);
        for last in 1..looks {
            let asked = Cell::new(0);
            let read = Capture::from_bytes_unless("x.nam", &bytes, &|| {
                asked.set(asked.get() + 1);
                asked.get() >= last
            });
            assert!(
                matches!(read, Err(CaptureError::Cancelled)),
                "{name}: {read:?}"
            );
            assert_eq!(asked.get(), last, "{name}");
        }
    }
}

#[test]
fn nothing_takes_long_between_two_looks() {
    let most = MAX_FILE_BYTES as usize - 1000;
    let many = |part: &str| part.repeat(most / part.len());
    let linear = |weights: String| {
        format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},"weights":[{weights}]}}"#
        )
    };
    for (name, text) in [
        ("weights", linear(many("0,") + "0")),
        ("digits", linear(format!("0.{}", many("1")))),
        ("text", format!("{{\"version\":\"{}\"}}", many("x"))),
        ("escapes", format!("{{\"version\":\"{}\"}}", many("\\n"))),
        ("blanks", linear(many(" "))),
        ("members", format!("{{{}\"a\":0}}", many("\"\":0,"))),
    ] {
        let (longest, looks) = between_looks(text.as_bytes());
        println!("{name}: {looks} looks, {longest:?} at most between them");
        assert!(longest < SOON, "{name}: {longest:?}");
    }
}
