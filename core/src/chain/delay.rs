//! A delay of whole frames.

/// Keeps a channel back by a fixed number of frames.
pub(crate) struct Delay {
    ring: Box<[f32]>,
    at: usize,
}

impl Delay {
    pub(crate) fn new(frames: usize) -> Self {
        Delay {
            ring: vec![0.0; frames].into(),
            at: 0,
        }
    }

    /// Replaces `samples` by what came in so many frames before.
    pub(crate) fn process(&mut self, samples: &mut [f32]) {
        if self.ring.is_empty() {
            return;
        }
        for sample in samples {
            std::mem::swap(sample, &mut self.ring[self.at]);
            self.at += 1;
            if self.at == self.ring.len() {
                self.at = 0;
            }
        }
    }

    /// Forgets what came in.
    pub(crate) fn reset(&mut self) {
        self.ring.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Delay;

    #[test]
    fn samples_come_out_so_many_frames_later() {
        for frames in [0, 1, 3, 64, 200] {
            let mut delay = Delay::new(frames);
            let mut samples: Vec<f32> = (1..=500).map(|n| n as f32).collect();
            for piece in samples.chunks_mut(37) {
                delay.process(piece);
            }
            assert!(samples[..frames].iter().all(|&s| s == 0.0));
            assert!((frames..500).all(|n| samples[n] == (n - frames + 1) as f32));
        }
    }
}
