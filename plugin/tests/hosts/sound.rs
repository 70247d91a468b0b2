//! Sounds to play, and how alike two of them are.

use std::path::Path;

/// The samples of a left and a right channel.
pub(crate) type Stereo = [Vec<f32>; 2];

/// White noise at -12 dBFS, another on each side.
pub(crate) fn noise(frames: usize) -> Stereo {
    let mut seed = 1u32;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) as f32 * 0.25
    };
    let mut side = || (0..frames).map(|_| sample()).collect();
    [side(), side()]
}

/// A low and a high note at a rate in Hz, fading in; the high one on the right. Any converter of
/// rates lets them through.
pub(crate) fn notes(rate: f64, frames: usize) -> Stereo {
    let side = |frequency: f64| {
        let sample = |frame: usize| {
            let seconds = frame as f64 / rate;
            let fade = (seconds / 0.05).min(1.0);
            (0.25 * fade * (std::f64::consts::TAU * frequency * seconds).sin()) as f32
        };
        (0..frames).map(sample).collect()
    };
    [side(220.0), side(3_000.0)]
}

/// One second of the built-in guitar phrase, at 48 kHz, on both sides.
pub(crate) fn phrase() -> Stereo {
    guitar(48_000)
}

/// So many frames of it, of which there are 14 seconds.
pub(crate) fn guitar(frames: usize) -> Stereo {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/phrase.wav");
    let mut phrase = hound::WavReader::open(Path::new(path)).expect("the phrase");
    let samples = phrase.samples::<i16>().take(frames);
    let samples: Vec<f32> = samples
        .map(|sample| f32::from(sample.expect("a sample")) / 32_768.0)
        .collect();
    [samples.clone(), samples]
}

/// RMS of the difference between two sounds, in dB of that of the second.
pub(crate) fn residue_db(sound: &[f32], reference: &[f32]) -> f64 {
    assert_eq!(sound.len(), reference.len());
    let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|s| s * s).sum::<f64>();
    let level = power(&mut reference.iter().map(|&s| f64::from(s)));
    assert!(level > 1e-8, "a reference that sounds");
    let pairs = sound.iter().zip(reference);
    let error = power(&mut pairs.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    10.0 * (error.max(1e-30) / level).log10()
}
