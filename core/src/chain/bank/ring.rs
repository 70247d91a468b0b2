//! The recent past of a sound.

/// The number of the first frame: far enough from 0 for all that lies before it.
const START: u64 = 1 << 32;

/// Keeps the last frames of `N` channels, each found by its number since the beginning.
pub(super) struct Ring<const N: usize> {
    frames: Box<[[f32; N]]>,
    /// The number of the frame that comes next.
    head: u64,
}

impl<const N: usize> Ring<N> {
    /// Silence, of at least so many frames.
    pub(super) fn new(frames: usize) -> Self {
        Ring {
            frames: vec![[0.0; N]; frames.next_power_of_two()].into(),
            head: START,
        }
    }

    /// Forgets what it heard: it was silent for ever.
    pub(super) fn reset(&mut self) {
        self.frames.fill([0.0; N]);
    }

    /// How many frames it holds.
    pub(super) fn capacity(&self) -> usize {
        self.frames.len()
    }

    /// The number of the frame that comes next.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    fn index(&self, number: u64) -> usize {
        number as usize & (self.frames.len() - 1)
    }

    /// Takes the first frames of `channels`.
    pub(super) fn push<const LENGTH: usize>(
        &mut self,
        channels: [&[f32; LENGTH]; N],
        frames: usize,
    ) {
        for frame in 0..frames {
            let at = self.index(self.head);
            self.frames[at] = channels.map(|channel| channel[frame]);
            self.head += 1;
        }
    }

    /// Gives frames from the one of this number on. Before the beginning is silence.
    pub(super) fn read<const LENGTH: usize>(
        &self,
        number: u64,
        channels: [&mut [f32; LENGTH]; N],
        frames: usize,
    ) {
        for (n, channel) in channels.into_iter().enumerate() {
            for (frame, sample) in channel[..frames].iter_mut().enumerate() {
                *sample = self.frames[self.index(number + frame as u64)][n];
            }
        }
    }
}
