//! What a sound consists of in each moment, in a few bands.

use std::f64::consts::TAU;

/// The waves that a sound is compared with.
pub(crate) struct Spectrum {
    /// Cosines and sines under a Hann window, for each multiple of the lowest frequency.
    waves: Vec<[Vec<f32>; 2]>,
}

impl Spectrum {
    /// Frames of a moment.
    pub(crate) const WINDOW: usize = 256;
    /// Frames from one moment to the next.
    const HOP: usize = 64;
    /// Where the bands begin and end, in waves in a moment: at 48 kHz from 1.5, 3, 6, 12 and 18 kHz on.
    const EDGES: [usize; 6] = [8, 16, 32, 64, 96, 127];
    /// What nobody hears, at -90 dBFS.
    pub(crate) const UNHEARD: f64 = (Self::WINDOW * Self::WINDOW / 16) as f64 * 1e-9;

    pub(crate) fn new() -> Self {
        let wave = |number: usize| {
            let at = |frame: usize, shift: f64| {
                let turns = frame as f64 / Self::WINDOW as f64;
                let window = 0.5 - 0.5 * (TAU * turns).cos();
                (window * (TAU * (turns * number as f64 + shift)).cos()) as f32
            };
            [0.0, 0.25].map(|shift| (0..Self::WINDOW).map(|frame| at(frame, shift)).collect())
        };
        let last = Self::EDGES[Self::EDGES.len() - 1];
        Self {
            waves: (0..last).map(wave).collect(),
        }
    }

    /// The energy in each band in each moment of a sound.
    pub(crate) fn moments(&self, sound: &[f32]) -> Vec<[f64; Self::EDGES.len() - 1]> {
        let moments = sound.windows(Self::WINDOW).step_by(Self::HOP);
        moments.map(|moment| self.bands(moment)).collect()
    }

    fn bands(&self, moment: &[f32]) -> [f64; Self::EDGES.len() - 1] {
        let part = |wave: &[f32]| {
            let products = moment.iter().zip(wave).map(|(sample, wave)| sample * wave);
            f64::from(products.sum::<f32>())
        };
        let energy = |waves: &[Vec<f32>; 2]| {
            let [cosine, sine] = waves.each_ref().map(|wave| part(wave));
            cosine * cosine + sine * sine
        };
        std::array::from_fn(|band| {
            let waves = &self.waves[Self::EDGES[band]..Self::EDGES[band + 1]];
            waves.iter().map(energy).sum()
        })
    }
}
