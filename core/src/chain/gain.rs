//! A gain that moves without clicks.

use super::smooth::Smooth;

/// The largest gain and the smallest, in dB: beyond is no gain but a mistake.
const MOST: f32 = 100.0;

/// A gain in dB. A new value is approached in a straight line of dB from the very sample at which it
/// is set.
pub(crate) struct Gain {
    db: Smooth,
    /// As a factor, now.
    factor: f64,
}

impl Gain {
    /// A gain of 0 dB at a rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        Gain {
            db: Smooth::new(0.0, rate),
            factor: 1.0,
        }
    }

    /// Sets where to go, in dB, at most [`MOST`] either way. What is no number is ignored.
    pub(crate) fn set(&mut self, db: f32) {
        if !db.is_nan() {
            self.db.set(db.clamp(-MOST, MOST).into());
        }
    }

    /// Where it is going, in dB.
    pub(crate) fn target_db(&self) -> f64 {
        self.db.target()
    }

    /// Goes there at once.
    pub(crate) fn finish(&mut self) {
        self.db.finish();
        self.factor = factor(self.db.target());
    }

    /// Applies the gain to channels of one length. At 0 dB every bit stays as it is.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        let moving = self.db.left().min(frames);
        for frame in 0..moving {
            self.factor = factor(self.db.next());
            for channel in channels.iter_mut() {
                channel[frame] *= self.factor as f32;
            }
        }
        if self.factor != 1.0 {
            let factor = self.factor as f32;
            for channel in channels.iter_mut() {
                channel[moving..]
                    .iter_mut()
                    .for_each(|sample| *sample *= factor);
            }
        }
    }
}

/// A gain in dB as a factor.
pub(crate) fn factor(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(gain: &mut Gain, frames: usize) -> Vec<f32> {
        let mut samples = vec![1.0; frames];
        gain.process(&mut [&mut samples]);
        samples
    }

    #[test]
    fn a_change_takes_its_time_and_arrives_exactly() {
        let mut gain = Gain::new(48_000.0);
        assert!(play(&mut gain, 100).iter().all(|&s| s == 1.0));
        gain.set(-40.0);
        let samples = play(&mut gain, 1000);
        let step = 10f32.powf(-2.0 / 960.0);
        for (n, pair) in samples[..960].windows(2).enumerate() {
            assert!((pair[1] / pair[0] - step).abs() < 1e-5, "frame {n}");
        }
        assert!((samples[0] - step).abs() < 1e-6, "it starts at once");
        assert!(samples[959..].iter().all(|&s| s == 0.01));
    }

    #[test]
    fn a_change_in_mid_change_goes_on_from_there() {
        let mut gain = Gain::new(1000.0);
        gain.set(20.0);
        let up = play(&mut gain, 10);
        gain.set(-20.0);
        gain.set(f32::NAN);
        let down = play(&mut gain, 21);
        assert!(down[0] < up[9] && down[0] > 0.7 * up[9]);
        assert_eq!(down[20], 0.1);
    }
}
