//! A gain that moves without clicks.

/// Seconds that a gain takes to a new value.
pub(crate) const SMOOTHING: f64 = 0.02;

/// The largest gain and the smallest, in dB: beyond is no gain but a mistake.
const MOST: f32 = 100.0;

/// A gain in dB. A new value is approached in a straight line of dB, over [`SMOOTHING`] seconds from
/// the very sample at which it is set.
pub(crate) struct Gain {
    db: f32,
    /// The gain as a factor, now and where it is going.
    factor: f64,
    target: f64,
    /// What `factor` is multiplied by each frame, and for how many more.
    step: f64,
    left: usize,
    /// Frames that a change takes.
    frames: usize,
}

impl Gain {
    /// A gain of 0 dB at a rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        Gain {
            db: 0.0,
            factor: 1.0,
            target: 1.0,
            step: 1.0,
            left: 0,
            frames: ((SMOOTHING * rate).round() as usize).max(1),
        }
    }

    /// Sets where to go, in dB, at most [`MOST`] either way. What is no number is ignored.
    pub(crate) fn set(&mut self, db: f32) {
        let db = db.clamp(-MOST, MOST);
        if db == self.db || db.is_nan() {
            return;
        }
        self.db = db;
        self.target = factor(db);
        self.left = self.frames;
        self.step = (self.target / self.factor).powf(1.0 / self.frames as f64);
    }

    /// Goes there at once.
    pub(crate) fn finish(&mut self) {
        self.factor = self.target;
        self.left = 0;
    }

    /// Applies the gain to channels of one length. At 0 dB every bit stays as it is.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        let moving = self.left.min(frames);
        for frame in 0..moving {
            self.left -= 1;
            self.factor = if self.left == 0 {
                self.target
            } else {
                self.factor * self.step
            };
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
pub(crate) fn factor(db: f32) -> f64 {
    10f64.powf(f64::from(db) / 20.0)
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
