//! One capture on one or two channels, with no more work than their sound asks for.
//!
//! Most guitars are mono on a stereo track: both channels are the same, to the bit, and one instance
//! can play for both. And most of the time a track is silent: an instance that nothing can change any
//! more until something is played need not be run. Neither is heard: the samples are those of two
//! instances that always play.

use crate::{Capture, Level, Model};

/// Frames of silence beyond a capture's memory before it rests. In the frequency domain, where long
/// impulse responses are played, the last of a sound leaves a little later.
const MARGIN: usize = 1024;

/// Instances of a capture, one for each channel, or one for all of a capture that has several itself.
pub(crate) struct DualMono {
    /// One or two.
    lanes: Vec<Lane>,
    /// An instance that never plays, in the state that the others begin with.
    pristine: Model,
    /// Whether the second lane can take over the first one's state.
    copies: bool,
    /// Whether the second lane's state would be the first one's: then only that one is played.
    twins: bool,
    /// Frames for which both lanes last heard the same.
    identical: usize,
}

/// An instance and what it lately heard and gave.
struct Lane {
    model: Model,
    /// Frames of silence after which it may rest.
    patience: usize,
    /// Frames of silence that it last heard, with the same size playing.
    silent: usize,
    /// The last frame that it gave: a sample for each output.
    last: Vec<f32>,
    /// Frames for which the model was run.
    #[cfg(test)]
    run: usize,
}

impl DualMono {
    /// Builds instances and prewarms them. `lanes`: 1 or 2, but only captures with one input and one
    /// output can have 2. `slim`: the size to play, as for [`Model::set_slim`]. Takes time and memory:
    /// not for the audio thread.
    pub(crate) fn new(capture: &Capture, lanes: usize, slim: f64, level: Level) -> Self {
        let mono = (capture.in_channels(), capture.out_channels()) == (1, 1);
        let build = || {
            let mut model = capture.build_for(level);
            if slim < 1.0 {
                model.set_slim(slim);
            }
            model
        };
        let mut pristine = build();
        pristine.prewarm();
        let mut copies = false;
        let lanes: Vec<Lane> = (0..if mono { lanes } else { 1 })
            .map(|_| {
                let mut model = build();
                copies = model.copy_state(&pristine);
                if !copies {
                    model.prewarm();
                }
                Lane::new(capture, model)
            })
            .collect();
        DualMono {
            twins: copies,
            lanes,
            pristine,
            copies,
            identical: 0,
        }
    }

    /// As [`Model::memory`].
    pub(crate) fn memory(&self) -> usize {
        self.pristine.memory()
    }

    /// As [`Model::is_recurrent`].
    pub(crate) fn is_recurrent(&self) -> bool {
        self.pristine.is_recurrent()
    }

    /// As [`Model::set_slim`], for all lanes.
    pub(crate) fn set_slim(&mut self, value: f64) {
        for lane in &mut self.lanes {
            lane.model.set_slim(value);
        }
        self.pristine.set_slim(value);
    }

    /// Plays up to [`BLOCK`](crate::engine::BLOCK) frames at the capture's rate. A single lane has
    /// the capture's inputs and outputs; of two lanes each has one. All slices are equally long.
    ///
    /// Where a capture gives something that is no number, or infinite, the block becomes silence and
    /// that lane begins anew, as after [`Model::reset`].
    pub(crate) fn process(&mut self, input: &[&[f32]], output: &mut [&mut [f32]]) {
        let [first, second] = self.lanes.as_mut_slice() else {
            for lane in &mut self.lanes {
                lane.play(input, output);
            }
            return;
        };
        let ([left, right], [left_output, right_output]) = (input, output) else {
            debug_assert!(false, "two lanes have two inputs and two outputs");
            return;
        };
        let same = same_bits(left, right);
        if self.twins && !same {
            self.twins = false;
            second.take_over(first);
        }
        let mut sound = first.play(&[left], &mut [left_output]);
        if self.twins {
            right_output.copy_from_slice(left_output);
            return;
        }
        sound &= second.play(&[right], &mut [right_output]);
        self.identical = if same && sound {
            self.identical.saturating_add(left.len())
        } else {
            0
        };
        self.twins = same && self.copies && first.is_twin(second, self.identical);
    }

    /// Back to how it began, prewarmed. (Where a state cannot be copied: as [`Model::reset`].)
    pub(crate) fn reset(&mut self) {
        for lane in &mut self.lanes {
            lane.reset();
            if self.copies {
                lane.model.copy_state(&self.pristine);
            }
        }
        self.twins = self.copies;
        self.identical = 0;
    }
}

impl Lane {
    fn new(capture: &Capture, model: Model) -> Self {
        // What has settled would not change any more, but another size still had to hear its past.
        let settles = model.is_recurrent() && capture.slim_steps().is_empty();
        Lane {
            patience: if settles { 1 } else { model.memory() + MARGIN },
            silent: 0,
            last: vec![0.0; model.out_channels()],
            model,
            #[cfg(test)]
            run: 0,
        }
    }

    /// Plays one block. Returns false if what came out was no sound.
    fn play(&mut self, input: &[&[f32]], output: &mut [&mut [f32]]) -> bool {
        let frames = output.first().map_or(0, |channel| channel.len());
        let silence = input.iter().map(|channel| silence_at_end(channel)).min();
        let silence = silence.unwrap_or(frames);
        if self.model.is_changing() {
            self.silent = 0;
        }
        if silence < frames {
            self.silent = silence;
        } else if self.can_rest() {
            for (channel, &last) in output.iter_mut().zip(&self.last) {
                channel.fill(last);
            }
            return true;
        } else {
            self.silent = self.silent.saturating_add(frames);
        }
        self.model.process(input, output);
        #[cfg(test)]
        {
            self.run += frames;
        }
        if !output.iter().all(|channel| is_finite(channel)) {
            for channel in output.iter_mut() {
                channel.fill(0.0);
            }
            self.reset();
            return false;
        }
        for (last, channel) in self.last.iter_mut().zip(output) {
            *last = channel.last().copied().unwrap_or(*last);
        }
        true
    }

    /// Whether silence will change neither the state nor the output any more.
    fn can_rest(&self) -> bool {
        self.silent >= self.patience && (!self.model.is_recurrent() || self.model.is_settled())
    }

    /// Whether the other lane has come to the same state; `identical`: frames for which both last
    /// heard the same.
    fn is_twin(&self, other: &Lane, identical: usize) -> bool {
        if self.model.is_recurrent() {
            return self.model.same_state(&other.model);
        }
        let changing = self.model.is_changing() || other.model.is_changing();
        identical >= self.model.memory() && !changing
    }

    /// Goes on as another lane would.
    fn take_over(&mut self, from: &Lane) {
        let copied = self.model.copy_state(&from.model);
        debug_assert!(copied, "it was possible before");
        self.silent = from.silent;
        self.last.copy_from_slice(&from.last);
    }

    fn reset(&mut self) {
        self.model.reset();
        self.silent = 0;
    }
}

/// Whether two blocks are the same to the bit. All is compared: that is faster than to look for
/// where to stop.
fn same_bits(a: &[f32], b: &[f32]) -> bool {
    let pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.fold(true, |same, (a, b)| same & (a.to_bits() == b.to_bits()))
}

/// Whether no sample of a block is infinite or no number.
fn is_finite(block: &[f32]) -> bool {
    block.iter().fold(true, |finite, y| finite & y.is_finite())
}

/// Frames of silence that a block ends with.
fn silence_at_end(block: &[f32]) -> usize {
    block.iter().rev().take_while(|&&x| x == 0.0).count()
}
