//! From the input's audio thread through the instance to the output's. The two devices need not keep the
//! same time: what is missing is silence, what is too much is left out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cpal::{FromSample, Sample, SizedSample};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::session::player::Player;

/// Most frames that are played at once.
const SPAN: usize = 1024;

/// Seconds of input that may wait, at most.
const ROOM: f64 = 0.5;

/// Where the input goes in.
pub(super) struct Feeder {
    ring: Producer<f32>,
    /// The channels that are listened to.
    picked: Vec<usize>,
    largest: Arc<AtomicUsize>,
}

/// Where the output comes out.
pub(super) struct Source {
    player: Player,
    ring: Consumer<f32>,
    inputs: usize,
    /// The channels that are played on.
    picked: Vec<usize>,
    buffers: [Vec<f32>; 2],
    /// Frames of input that are to wait before they are used, so that none are missing later: the largest
    /// block of either device, which may be more than was wished for.
    cushion: usize,
    /// The most frames that the input has brought at once.
    largest: Arc<AtomicUsize>,
    /// Whether input is being gathered.
    gathers: bool,
    failed: bool,
}

/// The two ends, for devices that run at `rate` with blocks of at most `block` frames. Either may have one
/// channel or two; without an input it is silent.
pub(super) fn bridge(
    mut player: Player,
    rate: u32,
    block: usize,
    input: &[usize],
    output: &[usize],
) -> (Feeder, Source) {
    let inputs = input.len().clamp(1, 2);
    player.activate(rate.into(), inputs, output.len().clamp(1, 2), false);
    let frames = ((ROOM * f64::from(rate)) as usize).max(8 * block);
    let (producer, consumer) = RingBuffer::new(frames * inputs);
    let feeder = Feeder {
        ring: producer,
        picked: input.to_vec(),
        largest: Arc::default(),
    };
    let source = Source {
        player,
        ring: consumer,
        inputs,
        picked: output.to_vec(),
        buffers: [vec![0.0; SPAN], vec![0.0; SPAN]],
        cushion: block,
        largest: feeder.largest.clone(),
        gathers: true,
        failed: false,
    };
    (feeder, source)
}

impl Feeder {
    /// Takes what the device recorded on `channels` channels.
    pub(super) fn feed<T>(&mut self, data: &[T], channels: usize)
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let channels = channels.max(1);
        self.largest.fetch_max(data.len() / channels, Relaxed);
        for frame in data.chunks_exact(channels) {
            if self.ring.slots() < self.picked.len() {
                return;
            }
            for channel in &self.picked {
                let sample = frame.get(*channel);
                let sample = sample.map_or(0.0, |sample| f32::from_sample(*sample));
                let _ = self.ring.push(sample);
            }
        }
    }
}

impl Source {
    /// Plays on `channels` channels of the device.
    pub(super) fn fill<T>(&mut self, data: &mut [T], channels: usize)
    where
        T: SizedSample + FromSample<f32>,
    {
        let channels = channels.max(1);
        data.fill(T::EQUILIBRIUM);
        self.catch_up(data.len() / channels);
        for span in data.chunks_mut(SPAN * channels) {
            let frames = span.len() / channels;
            // A panic on a thread of the system's would end the program.
            let played = catch_unwind(AssertUnwindSafe(|| self.play(frames)));
            self.failed |= played.is_err();
            if self.failed {
                return;
            }
            for (index, frame) in span.chunks_exact_mut(channels).enumerate() {
                for (buffer, channel) in self.buffers.iter().zip(&self.picked) {
                    if let Some(sample) = frame.get_mut(*channel) {
                        *sample = T::from_sample(buffer[index]);
                    }
                }
            }
        }
    }

    /// Leaves out what has waited for so long that it would only make the sound late.
    fn catch_up(&mut self, frames: usize) {
        let waiting = self.ring.slots() / self.inputs;
        let largest = self.cushion.max(frames).max(self.largest.load(Relaxed));
        // More than the ring can hold would be waited for in vain.
        self.cushion = largest.min(self.ring.buffer().capacity() / self.inputs / 4);
        if self.gathers && waiting >= self.cushion + frames {
            self.gathers = false;
        }
        let most = 2 * self.cushion + 2 * frames;
        if waiting > most {
            let late = (waiting - self.cushion - frames) * self.inputs;
            if let Ok(chunk) = self.ring.read_chunk(late) {
                chunk.commit_all();
            }
        }
    }

    fn play(&mut self, frames: usize) {
        let [left, right] = &mut self.buffers;
        for frame in 0..frames {
            if self.ring.slots() < self.inputs {
                self.gathers = true;
            }
            for buffer in [&mut *left, &mut *right].into_iter().take(self.inputs) {
                let sample = match self.gathers {
                    true => None,
                    false => self.ring.pop().ok(),
                };
                buffer[frame] = sample.unwrap_or(0.0);
            }
        }
        if self.inputs == 1 {
            right[..frames].fill(0.0);
        }
        let channels = self.inputs.max(self.picked.len().clamp(1, 2));
        let mut both = [&mut left[..frames], &mut right[..frames]];
        self.player.begin_block(frames);
        self.player.process(&mut both[..channels]);
        self.player.end_block();
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.player.deactivate();
    }
}

#[cfg(test)]
mod tests {
    use gridleak_core::ParameterId;

    use super::*;
    use crate::session::instance::Instance;

    /// An instance that changes nothing, between devices.
    fn bypassed(block: usize, input: &[usize], output: &[usize]) -> (Feeder, Source) {
        let (instance, player) = Instance::new();
        instance.set(ParameterId::Bypass, 1.0);
        bridge(player, 48_000, block, input, output)
    }

    #[test]
    fn the_guitar_comes_in_on_its_channel_and_goes_out_on_the_others() {
        let (mut feeder, mut source) = bypassed(64, &[1], &[2, 3]);
        let mut heard = Vec::new();
        for _ in 0..400 {
            let input = [0.0f32, 0.5].repeat(64);
            feeder.feed(&input, 2);
            let mut output = [9.0f32; 4 * 64];
            source.fill(&mut output, 4);
            heard = output.to_vec();
        }
        for frame in heard.chunks(4) {
            assert_eq!(frame[..2], [0.0, 0.0]);
            assert!((frame[2] - 0.5).abs() < 1e-3, "{frame:?}");
            assert_eq!(frame[2], frame[3]);
        }
    }

    #[test]
    fn devices_that_keep_another_time_are_neither_late_nor_stuck() {
        let (mut feeder, mut source) = bypassed(64, &[0], &[0]);
        let mut output = [0i16; 64];
        // The input is faster by a half, then gone, then back.
        for round in 0..3000 {
            let frames = match round {
                0..1000 => 96,
                1000..2000 => 0,
                _ => 64,
            };
            feeder.feed(&vec![i16::MAX / 2; frames], 1);
            source.fill(&mut output, 1);
            let waiting = source.ring.slots();
            assert!(waiting <= 6 * 64, "{waiting} frames late");
        }
        assert!(output.iter().all(|sample| *sample > 10_000), "{output:?}");
    }
}
