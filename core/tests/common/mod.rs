//! Fixtures and rendering, shared by the integration tests.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod counting;
pub(crate) mod one_slot;

use gridleak_core::{Capture, Model, ProcessConfig};
use std::path::PathBuf;

/// One channel at 48 kHz, with nothing that is late.
pub(crate) const CONFIG: ProcessConfig = ProcessConfig {
    rate: 48_000.0,
    inputs: 1,
    outputs: 1,
    latency: 0,
    pedal_latency: 0,
};

/// The path of a fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A capture of the fixtures, without its ending.
pub(crate) fn capture(name: &str) -> Capture {
    Capture::from_file(&fixture(&format!("{name}.nam"))).unwrap()
}

/// Names of the `.nam` files in a folder of the fixtures, without their ending, sorted.
pub(crate) fn capture_names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(fixture(folder)).expect("fixtures are part of the repository");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".nam").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A raw little-endian `f32` file.
pub(crate) fn samples(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(fixture(name)).expect("fixtures are part of the repository");
    let (floats, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty(), "{name} is not whole floats");
    floats
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect()
}

/// Plays a signal through all inputs of an instance, in blocks of the given sizes; the outputs come
/// interleaved.
pub(crate) fn render_blocks(
    model: &mut Model,
    signal: &[f32],
    mut sizes: impl Iterator<Item = usize>,
) -> Vec<f32> {
    let (inputs, outputs) = (model.in_channels(), model.out_channels());
    let mut planes = vec![vec![0.0; signal.len()]; outputs];
    let mut start = 0;
    while start < signal.len() {
        let size = sizes
            .next()
            .expect("enough sizes")
            .min(signal.len() - start);
        let input = vec![&signal[start..start + size]; inputs];
        let mut output: Vec<&mut [f32]> = planes
            .iter_mut()
            .map(|plane| &mut plane[start..start + size])
            .collect();
        model.process(&input, &mut output);
        start += size;
    }
    let frames = 0..signal.len();
    frames
        .flat_map(|frame| planes.iter().map(move |plane| plane[frame]))
        .collect()
}
