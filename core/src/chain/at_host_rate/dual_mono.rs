//! One capture on one or two channels, with no more work than their sound asks for.
//!
//! A guitar on a stereo track is the same on both channels, to the bit, and one instance can play
//! for both. And much of the time a track is silent: an instance that nothing can change any more
//! until something is played need not be run. Neither is heard: the samples are those of two
//! instances that always play.

use super::knobs::Knobs;
use crate::engine::LONGEST_CYCLE;
use crate::format::controls::{KnobPositions, MAX_CONTROLS};
use crate::{Capture, Model, SimdLevel};

/// Frames of silence beyond a capture's settling before it rests. Long impulse responses go through
/// the frequency domain, where the last of a sound leaves a little later.
const MARGIN: usize = 1024;

/// Instances of a capture, one for each channel, or one for all of a capture that has several itself.
pub(crate) struct DualMono {
    /// One or two.
    lanes: Vec<Lane>,
    /// The same for all lanes.
    knobs: Knobs,
    /// One in the state that silence leads to, if that can be copied.
    fresh: Option<Model>,
    /// What that heard of the knobs.
    fresh_knobs: [f32; MAX_CONTROLS],
    /// What [`DualMono::set_slim`] was last called with.
    slim: Option<f64>,
    /// Whether the second lane's state would be the first one's: then only that one is played.
    linked: bool,
    /// Frames for which both lanes last heard the same.
    identical: usize,
}

/// An instance and what it lately heard and gave.
struct Lane {
    model: Model,
    /// Frames of silence after which it may rest.
    tail_frames: usize,
    /// Frames of silence that it last heard, with the same size playing.
    silent: usize,
    /// How far it has come, at rest, in the cycle that its output goes round in, in frames.
    phase: usize,
    /// The last [`LONGEST_CYCLE`] frames that it gave before it rested, for each output.
    last: Vec<[f32; LONGEST_CYCLE]>,
    /// Frames for which the model was run.
    #[cfg(test)]
    run: usize,
}

impl DualMono {
    /// Builds instances and prewarms them. `lanes`: 1 or 2, but only captures with one input and one
    /// output can have 2; knobs are no such inputs. `slim`: the size that they begin in, as for
    /// [`DualMono::set_slim`]. `knobs`: where knobs stand, else where the file has them start. Takes time
    /// and memory: not for the audio thread.
    pub(crate) fn new(
        capture: &Capture,
        lanes: usize,
        slim: f64,
        knobs: Option<KnobPositions>,
        level: SimdLevel,
    ) -> Self {
        let knobs = Knobs::new(capture, knobs);
        let mono = (capture.in_channels() - knobs.len(), capture.out_channels()) == (1, 1);
        let count = if mono { lanes.clamp(1, 2) } else { 1 };
        let build = || {
            let mut model = capture.build_for(level);
            if slim < 1.0 {
                model.set_slim(slim);
            }
            model
        };
        let mut fresh = build();
        let silence = knobs.silence();
        fresh.prewarm_at(&silence);
        let mut copies = true;
        let mut lane = || {
            let mut model = build();
            copies = model.copy_state(&fresh);
            if !copies {
                model.prewarm_at(&silence);
            }
            Lane::new(model, capture)
        };
        DualMono {
            lanes: (0..count).map(|_| lane()).collect(),
            fresh: copies.then_some(fresh),
            fresh_knobs: knobs.values(),
            knobs,
            slim: Some(slim),
            linked: copies,
            identical: 0,
        }
    }

    /// As [`Model::settle_frames`].
    pub(crate) fn settle_frames(&self) -> usize {
        self.lanes[0].model.settle_frames()
    }

    /// As [`Model::is_recurrent`].
    pub(crate) fn is_recurrent(&self) -> bool {
        self.lanes[0].model.is_recurrent()
    }

    /// As [`Model::set_slim`], for all lanes.
    pub(crate) fn set_slim(&mut self, value: f64) {
        let before = self.slim.replace(value);
        if before.map(f64::to_bits) == Some(value.to_bits()) {
            return;
        }
        for lane in &mut self.lanes {
            // First to where it would be, had it never rested.
            lane.wake();
            lane.model.set_slim(value);
        }
        if let Some(fresh) = &mut self.fresh {
            fresh.set_slim(value);
        }
    }

    /// Is at once in the size that was chosen, which has to hear all that it remembers before it is heard.
    pub(crate) fn jump(&mut self) {
        for lane in &mut self.lanes {
            if lane.model.is_changing() {
                lane.wake();
                lane.model.jump();
                lane.silent = 0;
            }
        }
    }

    /// Turns the knobs of a capture that has some; they move without clicks.
    pub(crate) fn set_knobs(&mut self, positions: &KnobPositions) {
        self.knobs.set(positions);
    }

    /// Has the knobs at once where they are going.
    pub(crate) fn finish(&mut self) {
        self.knobs.finish();
    }

    /// Plays up to [`BLOCK`](crate::engine::BLOCK) frames at the capture's rate. A single lane has the capture's inputs, without
    /// its knobs, and outputs; of two lanes each has one. All slices are equally long.
    ///
    /// Where a capture gives something that is infinite or no number, that lane's block becomes
    /// silence and it begins anew, as after [`DualMono::reset`].
    pub(crate) fn process(&mut self, input: &[&[f32]], output: &mut [&mut [f32]]) {
        self.refresh();
        let frames = input.first().map_or(0, |channel| channel.len());
        self.knobs.advance(frames);
        let (fresh, knobs) = (self.fresh.as_ref(), &self.knobs);
        let [first, second] = self.lanes.as_mut_slice() else {
            for lane in &mut self.lanes {
                lane.play(input, knobs, output, fresh);
            }
            return;
        };
        let ([left, right], [left_output, right_output]) = (input, output) else {
            debug_assert!(false, "two lanes have two inputs and two outputs");
            return;
        };
        let same = same_bits(left, right);
        if self.linked && !same {
            self.linked = false;
            second.take_over(first);
        }
        let sound = first.play(&[left], knobs, &mut [left_output], fresh);
        if self.linked {
            for (right, &left) in right_output.iter_mut().zip(&**left_output) {
                *right = left;
            }
            return;
        }
        let sound = second.play(&[right], knobs, &mut [right_output], fresh) && sound;
        self.identical = if same && sound {
            self.identical.saturating_add(left.len())
        } else {
            0
        };
        self.linked = same && fresh.is_some() && first.is_like(second, self.identical);
    }

    /// Learns where silence leads with the knobs as they are, where a lane has just found out.
    fn refresh(&mut self) {
        let knobs = self.knobs.values();
        if knobs == self.fresh_knobs || !self.lanes[0].has_settled() {
            return;
        }
        if let Some(fresh) = &mut self.fresh
            && fresh.copy_state(&self.lanes[0].model)
        {
            self.fresh_knobs = knobs;
        }
    }

    /// Back to where silence leaves the capture, as after [`DualMono::new`]; with another slim value
    /// since then it begins in the full size and changes, and knobs that were turned since the last
    /// silence are heard to have been turned just now, for as long as it remembers. Unlike
    /// [`DualMono::new`] it may be called on the audio thread: the state is copied. (Where it cannot be,
    /// that of the file is: with long impulse responses. Of those alone, it is the same.)
    pub(crate) fn reset(&mut self) {
        self.knobs.finish();
        for lane in &mut self.lanes {
            lane.reset(self.fresh.as_ref());
        }
        self.linked = self.fresh.is_some();
        self.identical = 0;
    }
}

impl Lane {
    fn new(model: Model, capture: &Capture) -> Self {
        // A recurrent net tells when silence has done its work. But another size, where there is
        // one, would still have to hear all that it missed.
        let tells = model.is_recurrent() && capture.slim_steps().is_empty();
        let tail_frames = if tells {
            LONGEST_CYCLE
        } else {
            model.settle_frames() + MARGIN
        };
        Lane {
            tail_frames,
            silent: 0,
            phase: 0,
            last: vec![[0.0; LONGEST_CYCLE]; model.out_channels()],
            model,
            #[cfg(test)]
            run: 0,
        }
    }

    /// Plays one block. `input`: without the knobs. Returns false if what came out was no sound.
    fn play(
        &mut self,
        input: &[&[f32]],
        knobs: &Knobs,
        output: &mut [&mut [f32]],
        fresh: Option<&Model>,
    ) -> bool {
        let frames = output.first().map_or(0, |channel| channel.len());
        let silence = input.iter().map(|channel| silence_at_end(channel)).min();
        // A knob that moves is heard, even if nobody plays.
        let silence = match knobs.are_still() {
            true => silence.unwrap_or(frames),
            false => 0,
        };
        if self.model.is_changing() {
            self.silent = 0;
        }
        if silence >= frames
            && let Some(period) = self.resting_period()
        {
            self.rest(output, frames, period);
            return true;
        }
        self.wake();
        match input {
            [guitar] if !knobs.is_empty() => {
                let inputs = knobs.beside(guitar);
                self.model.process(&inputs[..=knobs.len()], output);
            }
            _ => self.model.process(input, output),
        }
        #[cfg(test)]
        {
            self.run += frames;
        }
        if !output.iter().all(|channel| is_finite(channel)) {
            for channel in output {
                channel.fill(0.0);
            }
            self.reset(fresh);
            return false;
        }
        self.silent = if silence >= frames {
            self.silent.saturating_add(frames)
        } else {
            silence
        };
        for (last, channel) in self.last.iter_mut().zip(output) {
            keep_last(last, channel);
        }
        true
    }

    /// Frames after which state and output come round again in silence, if that is all that more
    /// silence would do.
    fn resting_period(&self) -> Option<usize> {
        if self.silent < self.tail_frames {
            return None;
        }
        if self.model.is_recurrent() {
            self.model.period()
        } else {
            Some(1)
        }
    }

    /// Whether it is where silence leads, and has not gone round from there.
    fn has_settled(&self) -> bool {
        self.phase == 0 && self.resting_period().is_some()
    }

    /// Goes round in the cycle of its output without playing.
    fn rest(&mut self, output: &mut [&mut [f32]], frames: usize, period: usize) {
        for (channel, last) in output.iter_mut().zip(&self.last) {
            let cycle = &last[LONGEST_CYCLE - period..];
            let from_here = cycle.iter().cycle().skip(self.phase);
            for (sample, &again) in channel.iter_mut().zip(from_here) {
                *sample = again;
            }
        }
        self.phase = (self.phase + frames) % period;
    }

    /// Brings the model to where it would be, had it not rested.
    fn wake(&mut self) {
        if self.phase > 0 {
            self.model.play_on(self.phase);
            self.phase = 0;
            // What it gave last has to be heard anew before it can rest again.
            self.silent = 0;
        }
    }

    /// Whether the other lane has come to the same state; `identical`: frames for which both last
    /// heard the same.
    fn is_like(&self, other: &Lane, identical: usize) -> bool {
        if self.model.is_recurrent() {
            return self.phase == other.phase && self.model.same_state(&other.model);
        }
        let changing = self.model.is_changing() || other.model.is_changing();
        identical >= self.model.settle_frames() && !changing
    }

    /// Goes on as another lane would.
    fn take_over(&mut self, from: &Lane) {
        let copied = self.model.copy_state(&from.model);
        debug_assert!(copied, "it was possible before");
        self.silent = from.silent;
        self.phase = from.phase;
        self.last.copy_from_slice(&from.last);
    }

    fn reset(&mut self, fresh: Option<&Model>) {
        if !fresh.is_some_and(|fresh| self.model.copy_state(fresh)) {
            self.model.reset();
        }
        self.silent = 0;
        self.phase = 0;
    }
}

/// Moves a block into the last frames.
fn keep_last(last: &mut [f32; LONGEST_CYCLE], block: &[f32]) {
    let new = &block[block.len().saturating_sub(LONGEST_CYCLE)..];
    last.copy_within(new.len().., 0);
    last[LONGEST_CYCLE - new.len()..].copy_from_slice(new);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BLOCK;
    use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
    use serde_json::{Value, json};
    use std::path::{Path, PathBuf};

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name)
    }

    fn load(name: &str) -> Capture {
        Capture::from_file(&fixture(name)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn json_of(name: &str) -> Value {
        let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
        serde_json::from_str(&text).expect("JSON")
    }

    fn parse(name: &str, file: &Value) -> Capture {
        Capture::from_bytes(name, file.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn compound(architecture: &str, config: &Value) -> Capture {
        let file = json!({"version": "0.7.0", "architecture": architecture, "config": config,
                          "weights": []});
        parse(architecture, &file)
    }

    fn sequential(stages: &[&str]) -> Capture {
        let models: Vec<Value> = stages.iter().map(|name| json_of(name)).collect();
        compound("Sequential", &json!({"models": models}))
    }

    /// Two sizes, of which slim values below a half choose the first.
    fn container(small: &str, full: &str) -> Capture {
        let sizes = json!([{"max_value": 0.5, "model": json_of(small)},
                           {"max_value": 1.0, "model": json_of(full)}]);
        compound("SlimmableContainer", &json!({"submodels": sizes}))
    }

    /// Every kind of capture, the built-in ones, and models made of models.
    fn all() -> Vec<(String, Capture)> {
        let mut captures = Vec::new();
        let built_in = "../../../assets";
        for folder in [
            "captures",
            "features",
            "example_models",
            "trained",
            built_in,
        ] {
            let entries = std::fs::read_dir(fixture(folder)).expect("part of the repository");
            let mut names: Vec<String> = entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|name| name.ends_with(".nam"))
                .collect();
            names.sort();
            for name in names {
                let capture = load(&format!("{folder}/{name}"));
                captures.push((name, capture));
            }
        }
        let lstm = "captures/lstm_1x8.nam";
        let linear = "features/linear_64_bias.nam";
        let fft = "features/linear_3000_fft.nam";
        for (name, capture) in [
            ("lstm, linear", sequential(&[lstm, linear])),
            (
                "convnet, fft",
                sequential(&["features/convnet_bn.nam", fft]),
            ),
            (
                "slim, linear",
                sequential(&["features/wn_slim.nam", linear]),
            ),
            ("two lstms", container(lstm, "trained/lstm_1x16_crunch.nam")),
            ("lstm or wavenet", container(lstm, "captures/wn_nano.nam")),
        ] {
            captures.push((name.to_owned(), capture));
        }
        for (name, factor) in [
            (lstm, 8),
            ("trained/lstm_1x16_crunch.nam", 2),
            ("captures/wn_nano.nam", 2),
            ("features/convnet_bn.nam", 8),
            ("features/wn_conddsp_lstm.nam", 2),
            ("features/wn_slim.nam", 4),
        ] {
            let capture = load(name).oversampled(factor).into_owned();
            captures.push((format!("{name} at {factor} times its rate"), capture));
        }
        captures
    }

    fn is_mono(capture: &Capture) -> bool {
        (capture.in_channels(), capture.out_channels()) == (1, 1)
    }

    /// The state of a long impulse response cannot be copied, and it rounds by blocks.
    fn has_closed_state(capture: &Capture) -> bool {
        let mut model = capture.build();
        !model.copy_state(&capture.build())
    }

    /// Half a second of a guitar.
    fn guitar() -> Vec<f32> {
        let bytes = std::fs::read(fixture("input_half_second.f32")).expect("a fixture");
        let (floats, _) = bytes.as_chunks::<4>();
        floats
            .iter()
            .map(|&sample| f32::from_le_bytes(sample))
            .collect()
    }

    /// How long the blocks are.
    enum Blocks {
        /// [`BLOCK`].
        Whole,
        /// 1 to [`BLOCK`], from a small generator; whole ones and tiny ones among them.
        Random(u32),
    }

    impl Blocks {
        fn next(&mut self) -> usize {
            let Blocks::Random(seed) = self else {
                return BLOCK;
            };
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = (*seed >> 8) as usize;
            match *seed >> 30 {
                0 => 1 + random % 7,
                1 => 1 + random % BLOCK,
                _ => BLOCK,
            }
        }
    }

    /// What is played, and what came of it: in all lanes of a [`DualMono`] and in as many instances
    /// that always play.
    struct Session {
        dual: DualMono,
        alone: Vec<Model>,
        blocks: Blocks,
        tolerance: f32,
        name: String,
    }

    impl Session {
        fn new(name: &str, capture: &Capture, lanes: usize) -> Self {
            Session::at(name, capture, lanes, SimdLevel::detect())
        }

        fn at(name: &str, capture: &Capture, lanes: usize, level: SimdLevel) -> Self {
            let dual = DualMono::new(capture, lanes, 1.0, None, level);
            let alone = (0..dual.lanes.len()).map(|_| {
                let mut model = capture.build_for(level);
                model.prewarm();
                model
            });
            Session {
                alone: alone.collect(),
                dual,
                blocks: Blocks::Random(name.len() as u32),
                tolerance: if has_closed_state(capture) { 1e-6 } else { 0.0 },
                name: name.to_owned(),
            }
        }

        /// Plays one signal to each lane, all inputs of it, and compares.
        fn play(&mut self, signals: &[&[f32]]) {
            let (inputs, outputs) = (self.alone[0].in_channels(), self.alone[0].out_channels());
            let length = signals[0].len();
            let mut start = 0;
            while start < length {
                let frames = self.blocks.next().min(length - start);
                let part: Vec<&[f32]> = signals
                    .iter()
                    .flat_map(|signal| vec![&signal[start..start + frames]; inputs])
                    .collect();
                let mut planes = vec![vec![7.0; frames]; outputs * signals.len()];
                let mut sound: Vec<&mut [f32]> = planes.iter_mut().map(Vec::as_mut_slice).collect();
                reset_violation_count();
                assert_no_alloc(|| self.dual.process(&part, &mut sound));
                assert_eq!(violation_count(), 0, "{}: allocates", self.name);
                let mut expected = vec![vec![0.0; frames]; outputs * signals.len()];
                let lanes = part.chunks(inputs).zip(expected.chunks_mut(outputs));
                for (model, (input, planes)) in self.alone.iter_mut().zip(lanes) {
                    let mut sound: Vec<&mut [f32]> =
                        planes.iter_mut().map(Vec::as_mut_slice).collect();
                    model.process(input, &mut sound);
                }
                for (channel, (sound, expected)) in planes.iter().zip(&expected).enumerate() {
                    for (frame, (&y, &wanted)) in sound.iter().zip(expected).enumerate() {
                        let equal = if self.tolerance == 0.0 {
                            y.to_bits() == wanted.to_bits()
                        } else {
                            (y - wanted).abs() <= self.tolerance
                        };
                        let at = start + frame;
                        assert!(
                            equal,
                            "{}: {y} is not {wanted} at {channel}, {at}",
                            self.name
                        );
                    }
                }
                start += frames;
            }
        }

        fn set_slim(&mut self, value: f64) {
            reset_violation_count();
            assert_no_alloc(|| self.dual.set_slim(value));
            assert_eq!(violation_count(), 0, "{}: allocates", self.name);
            for model in &mut self.alone {
                model.set_slim(value);
            }
        }

        fn silence(&mut self, frames: usize) {
            let silence = vec![0.0; frames];
            self.play(&vec![silence.as_slice(); self.alone.len()]);
        }

        /// The same in one block of at most [`BLOCK`] frames.
        fn silence_at_once(&mut self, frames: usize) {
            let blocks = std::mem::replace(&mut self.blocks, Blocks::Whole);
            self.silence(frames);
            self.blocks = blocks;
        }

        /// Frames for which the models of all lanes were run since last asked.
        fn run(&mut self) -> usize {
            self.dual
                .lanes
                .iter_mut()
                .map(|lane| std::mem::take(&mut lane.run))
                .sum()
        }
    }

    /// Frames for which two instances of a capture must hear the same until they are linked again.
    fn meeting(model: &Model) -> usize {
        if model.is_recurrent() {
            3000
        } else {
            model.settle_frames()
        }
    }

    #[test]
    fn two_lanes_sound_like_two_instances() {
        let guitar = guitar();
        let mut met = 0;
        for (name, capture) in all() {
            if !is_mono(&capture) {
                continue;
            }
            let mut session = Session::new(&name, &capture, 2);
            let linked = !has_closed_state(&capture);
            let meeting = meeting(&session.alone[0]);
            for turn in 0..2 {
                let same = &guitar[2000 * turn..][..500];
                session.run();
                session.play(&[same, same]);
                // In the second turn the lanes come from where the first one left them.
                if turn == 0 {
                    assert_eq!(session.run(), if linked { 500 } else { 1000 }, "{name}");
                }
                // A single sample that is not the same, then all, then one that is silent.
                let mut other = guitar[9000..9700].to_vec();
                other[697] += 1e-3;
                session.play(&[&guitar[9000..9700], &other]);
                assert!(!session.dual.linked, "{name}");
                session.play(&[&guitar[..600], &guitar[1000..1600]]);
                session.play(&[&vec![0.0; 300], &guitar[..300]]);
                let long: Vec<f32> = guitar.iter().copied().cycle().take(meeting + 200).collect();
                session.play(&[&long, &long]);
                let recurrent = session.alone[0].is_recurrent();
                if !recurrent {
                    assert_eq!(session.dual.linked, linked, "{name}: turn {turn}");
                }
                met += usize::from(recurrent && session.dual.linked);
            }
        }
        assert!(met >= 20, "LSTMs met only {met} times");
    }

    #[test]
    fn a_lane_rests_in_silence_and_comes_back_as_if_it_had_not() {
        let guitar = guitar();
        let mut settled = Vec::new();
        for (name, capture) in all() {
            let mut session = Session::new(&name, &capture, 1);
            let recurrent = session.alone[0].is_recurrent();
            let memory = if recurrent {
                2000
            } else {
                session.alone[0].settle_frames()
            };
            // It begins in tiny blocks: there is not yet a whole cycle to go round in.
            for _ in 0..20 {
                session.silence(1);
            }
            session.play(&[&guitar[..700]]);
            session.silence(memory / 2);
            session.play(&[&guitar[1000..1100]]);
            session.silence(memory + MARGIN - 10);
            session.play(&[&guitar[..1]]);
            // Long enough for every feed-forward capture, and for LSTMs that do settle.
            let tail_frames = if recurrent {
                30_000
            } else {
                memory + MARGIN + BLOCK
            };
            session.silence(tail_frames);
            session.run();
            session.silence(777);
            if session.run() > 0 {
                assert!(recurrent, "{name} does not rest");
            } else if recurrent {
                settled.push(name.clone());
            }
            // A sound in the midst of a block, and then all of it again.
            let mut tick = vec![0.0; 100];
            tick[60] = 0.3;
            session.play(&[&tick]);
            assert!(session.run() > 0, "{name}");
            session.play(&[&guitar[2000..2300]]);
            session.silence(tail_frames + 1);
            session.play(&[&guitar[2300..2600]]);
        }
        // All 19 that are LSTMs here; rounding may be less kind elsewhere.
        assert!(settled.len() >= 14, "only {settled:?} come to rest");
    }

    /// Both lanes rest, one of them alone, and neither; linked in the end.
    #[test]
    fn lanes_rest_each_by_itself() {
        let guitar = guitar();
        for (name, factor) in [
            ("captures/wn_nano.nam", 1),
            ("captures/lstm_2x16.nam", 1),
            ("captures/lstm_2x16.nam", 4),
            ("features/convnet_bn.nam", 1),
        ] {
            let capture = load(name).oversampled(factor).into_owned();
            let mut session = Session::new(name, &capture, 2);
            let tail_frames = if session.alone[0].is_recurrent() {
                4000 * factor
            } else {
                session.alone[0].settle_frames() + MARGIN + BLOCK
            };
            let (long, silence) = (&guitar[..tail_frames], vec![0.0; tail_frames]);
            // Twins rest, and one is left resting alone.
            session.play(&[&silence, &silence]);
            session.run();
            session.play(&[&silence[..100], &silence[..100]]);
            assert_eq!(session.run(), 0, "{name}: linked rest");
            session.play(&[&guitar[..100], &silence[..100]]);
            assert_eq!(session.run(), 100, "{name}: one is left");
            for _ in 0..2 {
                session.play(&[long, &silence]);
                session.run();
                session.play(&[&guitar[..500], &silence[..500]]);
                assert_eq!(session.run(), 500, "{name}: one rests");
                session.play(&[&silence, &silence]);
                session.run();
                session.play(&[&silence[..500], &silence[..500]]);
                assert_eq!(session.run(), 0, "{name}: both rest");
                // Of these linked, one has rested before; that it did is past.
                session.play(&[&guitar[..300], &guitar[..300]]);
                session.play(&[&guitar[300..900], &silence[..600]]);
                session.play(&[&silence, &silence]);
                session.run();
                session.play(&[&silence[..500], &guitar[..500]]);
                assert!(
                    (500..600).contains(&session.run()),
                    "{name}: the other rests"
                );
                session.play(&[&guitar[..700], &guitar[..700]]);
            }
            session.play(&[long, long]);
            session.run();
            session.play(&[&guitar[..500], &guitar[..500]]);
            assert_eq!(session.run(), 500, "{name}: linked");
        }
    }

    /// Two lanes in the same cycle, at different places, that happen to have come to rest in the
    /// same state.
    #[test]
    fn lanes_go_round_each_for_itself() {
        let guitar = guitar();
        let mut tried = 0;
        for (name, capture) in all() {
            if !is_mono(&capture) || !capture.slim_steps().is_empty() {
                continue;
            }
            for &level in SimdLevel::ALL.iter().filter(|level| level.is_available()) {
                let mut session = Session::at(&name, &capture, 2, level);
                let period = session.dual.lanes[0].model.period();
                let Some(period) = period.filter(|&period| period > 1) else {
                    continue;
                };
                // The first lane is a frame further on, and may rest at once.
                session.dual.linked = false;
                let DualMono { lanes, knobs, .. } = &mut session.dual;
                let [first, second] = lanes.as_mut_slice() else {
                    unreachable!("there are two lanes")
                };
                first.play(&[&[0.0; 64]], knobs, &mut [&mut [0.0; 64]], None);
                session.alone[0].play_on(64);
                second.model.play_on(63);
                session.alone[1].play_on(63);
                // The second lane rests when it is where the first one was.
                let wait = (period - 63 % period) % period;
                session.silence_at_once(wait);
                session.silence_at_once(64);
                session.run();
                session.silence_at_once(64);
                assert_eq!(session.run(), 0, "{name}: both rest");
                assert!(!session.dual.linked, "{name}");
                session.silence(77);
                session.play(&[&guitar[..500], &guitar[..500]]);
                tried += 1;
            }
        }
        assert!(tried > 0, "no LSTM goes round");
    }

    #[test]
    fn a_change_of_size_is_the_same_in_sound_at_rest_and_between_twins() {
        let guitar = guitar();
        for (name, capture) in all() {
            let steps = capture.slim_steps();
            let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else {
                continue;
            };
            let between = 0.5 * (first + last);
            let mut session = Session::new(&name, &capture, 2);
            let rest = vec![0.0; session.alone[0].settle_frames() + 3000];
            let mut other = guitar.clone();
            other[100] = 0.5;
            for (turn, slim) in [0.0, 1.0, between, 0.0, 0.2, 1.0].into_iter().enumerate() {
                // From rest; and again while it is still changing.
                session.play(&[&rest, &rest]);
                let some = 100 * turn;
                session.set_slim(slim);
                session.silence(some);
                session.set_slim(between);
                session.set_slim(slim);
                session.play(&[&rest, &rest]);
                session.play(&[&guitar[..3000], &other[..3000]]);
                // While one lane rests and the other does not.
                session.play(&[
                    &guitar[..rest.len().min(12_000)],
                    &rest[..rest.len().min(12_000)],
                ]);
                session.set_slim(1.0 - slim);
                session.play(&[&guitar[..2000 + some], &rest[..2000 + some]]);
                session.set_slim(slim);
                session.play(&[&guitar[..9000], &guitar[..9000]]);
                // The same value again wakes nothing and changes nothing.
                session.play(&[&rest, &rest]);
                session.play(&[&rest, &rest]);
                session.run();
                for _ in 0..10 {
                    session.set_slim(slim);
                    session.silence(100);
                }
                let recurrent = session.alone[0].is_recurrent();
                assert!(recurrent || session.run() == 0, "{name} at {slim}");
            }
        }
    }

    /// The sign of a zero is not heard, but a host that inverts silence sends negative ones.
    #[test]
    fn negative_zeros_are_silence() {
        for name in ["captures/wn_nano.nam", "captures/lstm_1x16.nam"] {
            let mut session = Session::new(name, &load(name), 2);
            let tail_frames = session.alone[0].settle_frames() + MARGIN + BLOCK;
            let silence = vec![-0.0; tail_frames];
            session.play(&[&silence, &silence]);
            session.run();
            session.play(&[&silence, &silence]);
            assert_eq!(session.run(), 0, "{name}");
            session.play(&[&guitar()[..500], &guitar()[..500]]);
        }
    }

    /// A ConvNet of two layers; `second` are the second one's weights for two frames ago and now.
    fn convnet(second: [f64; 2]) -> Value {
        // Two taps and a bias for each layer, a weight and a bias at the end.
        let weights = json!([0.5, 3e38, 0.01, second[0], second[1], 0.02, 0.5, 0.0]);
        json!({"version": "0.5.4", "architecture": "ConvNet", "sample_rate": 48000,
               "config": {"channels": 1, "dilations": [1, 2], "batchnorm": false,
                          "activation": "ReLU"},
               "weights": weights})
    }

    /// Captures that play quiet sound, and give infinity or no number for loud sound: the first
    /// remembers it, the second has a state that stays as it is, the third is smaller than it could be.
    fn hostile() -> [(&'static str, Capture); 3] {
        let convnet = convnet([-1.0, 1.0]);
        let lstm = json!({"version": "0.5.4", "architecture": "LSTM", "sample_rate": 48000,
            "config": {"num_layers": 1, "input_size": 1, "hidden_size": 1},
            // Gates by input and state, their biases, the state, the head.
            "weights": [1.0, 0.1, 1.0, 0.1, 1.0, 0.1, 1.0, 0.1, 0.0, 0.0, 0.0, 0.0,
                        0.0, 0.0, 3e38, 3e38]});
        let mut small = convnet.clone();
        small["weights"][2] = json!(0.1);
        let sizes = json!([{"max_value": 0.5, "model": small},
                           {"max_value": 1.0, "model": convnet}]);
        [
            ("convnet", parse("convnet.nam", &convnet)),
            ("lstm", parse("lstm.nam", &lstm)),
            (
                "slimmed",
                compound("SlimmableContainer", &json!({"submodels": sizes})),
            ),
        ]
    }

    #[test]
    fn a_lane_that_blows_up_is_silenced_and_begins_anew() {
        let quiet: Vec<f32> = guitar()[..600].iter().map(|x| -x.abs() - 1e-3).collect();
        for (name, capture) in hostile() {
            for both in [false, true] {
                let mut session = Session::new(name, &capture, 2);
                session.set_slim(0.0);
                session.silence(3000);
                session.play(&[&quiet, &quiet]);
                let mut loud = [0.1; 50];
                loud[30..].fill(1e4);
                let other = if both { loud } else { [-0.1; 50] };
                let mut sound = [[7.0; 50]; 2];
                let [left, right] = &mut sound;
                reset_violation_count();
                assert_no_alloc(|| session.dual.process(&[&loud, &other], &mut [left, right]));
                assert_eq!(violation_count(), 0, "{name}: allocates");
                assert_eq!(sound[0], [0.0; 50], "{name}");
                assert_eq!(session.dual.linked, both, "{name}");
                // From here on as if just made, and the other as if nothing had happened.
                for (lane, input) in [&loud, &other].into_iter().enumerate() {
                    let mut sound_alone = [0.0; 50];
                    session.alone[lane].process_mono(input, &mut sound_alone);
                    if both || lane == 0 {
                        assert!(!is_finite(&sound_alone), "{name}: it has to blow up");
                        session.alone[lane] = capture.build();
                        session.alone[lane].prewarm();
                        session.alone[lane].set_slim(0.0);
                    } else {
                        assert_eq!(sound[1], sound_alone, "{name}");
                    }
                }
                session.play(&[&quiet[100..], &quiet[100..]]);
                session.play(&[&quiet[..300], &quiet[200..500]]);
                session.silence(5000);
                session.run();
                session.silence(500);
                assert_eq!(session.run(), 0, "{name}: rests");
                session.play(&[&quiet, &quiet]);
            }
        }
    }

    /// Only one lane blows up although both hear the same, for it has heard something else before.
    #[test]
    fn a_lane_that_blew_up_is_not_at_once_a_twin() {
        let capture = parse("convnet.nam", &convnet([1.0, 1.0]));
        let mut session = Session::new("convnet", &capture, 2);
        let (mut loud, quiet) = ([0.0; 10], [0.0; 10]);
        loud[8..].fill(0.6);
        session.play(&[&loud, &quiet]);
        let same = [0.6, 0.6, 0.0, 0.0];
        assert!(session.alone[0].settle_frames() <= same.len());
        let [mut left, mut right, mut wanted] = [[7.0; 4]; 3];
        session
            .dual
            .process(&[&same, &same], &mut [&mut left, &mut right]);
        session.alone[1].process_mono(&same, &mut wanted);
        assert_eq!((left, right), ([0.0; 4], wanted));
        session.alone[0] = capture.build();
        session.alone[0].prewarm();
        session.play(&[&quiet, &quiet]);
        assert!(session.dual.linked);
        session.play(&[&loud, &quiet]);
    }

    #[test]
    fn a_reset_brings_back_the_beginning() {
        let guitar = guitar();
        for (name, capture) in all() {
            let lanes = if is_mono(&capture) { 2 } else { 1 };
            let mut session = Session::new(&name, &capture, lanes);
            let part = |start: usize, lanes: usize| -> Vec<&[f32]> {
                (0..lanes)
                    .map(|lane| &guitar[start + 50 * lane..][..400])
                    .collect()
            };
            session.set_slim(0.0);
            session.play(&part(0, lanes));
            reset_violation_count();
            assert_no_alloc(|| session.dual.reset());
            assert_eq!(violation_count(), 0, "{name}: allocates");
            for model in &mut session.alone {
                *model = capture.build();
                // A long response behind something that does not begin in silence is the exception.
                if name != "convnet, fft" {
                    model.prewarm();
                }
                model.set_slim(0.0);
            }
            session.play(&part(3000, 1).repeat(lanes));
            session.play(&part(5000, lanes));
        }
    }

    /// A guitar and a knob, in every kind of net; the knob comes first in the second.
    fn with_knobs() -> Vec<(String, Capture)> {
        let random = |count: usize| -> Vec<f64> {
            let next = |n: usize| (n * 7919 % 101) as f64 / 250.0 - 0.2;
            (0..count).map(next).collect()
        };
        let file = |architecture: &str, config: Value, weights: usize, metadata: Value| {
            json!({"version": "0.5.4", "architecture": architecture, "config": config,
                   "sample_rate": 48000, "weights": random(weights), "metadata": metadata})
        };
        let named = json!({"controls": ["drive"]});
        let lstm = file(
            "LSTM",
            json!({"num_layers": 1, "input_size": 2, "hidden_size": 4, "in_channels": 2}),
            4 * 4 * (2 + 4) + 4 * 4 + 2 * 4 + 4 + 1,
            named.clone(),
        );
        let array = json!({"input_size": 2, "condition_size": 2, "head_size": 1, "channels": 2,
                           "kernel_size": 3, "dilations": [1, 2, 8], "activation": "Tanh",
                           "gated": false, "head_bias": false});
        let wavenet = file(
            "WaveNet",
            json!({"layers": [array], "head": null, "head_scale": 0.5, "in_channels": 2}),
            2 * 2 + 3 * (2 * 2 * 3 + 2 + 2 * 2 + 2 * 2 + 2) + 2 + 1,
            json!({"control_channels": "[drive ; audio] (-1..1)"}),
        );
        let mut sizes = json!({"version": "0.7.0", "architecture": "SlimmableContainer", "weights": [],
                               "config": {"submodels": [{"max_value": 0.5, "model": lstm.clone()},
                                                        {"max_value": 1.0, "model": wavenet.clone()}]}});
        sizes["metadata"] = named;
        let captures = [("lstm", &lstm), ("wavenet", &wavenet), ("sizes", &sizes)];
        let mut captures: Vec<(String, Capture)> = captures
            .map(|(name, file)| (name.to_owned(), parse(name, file)))
            .into();
        let twice = captures[0].1.oversampled(2).into_owned();
        captures.push(("lstm at twice its rate".into(), twice));
        captures
    }

    fn without_allocating(act: impl FnOnce()) {
        reset_violation_count();
        assert_no_alloc(act);
        assert_eq!(violation_count(), 0, "allocates");
    }

    /// Plays blocks of a guitar to both lanes and to an instance with the knob as an input like any
    /// other, and compares; returns for how many frames models were run.
    fn play_with_knob(
        dual: &mut DualMono,
        (alone, capture): (&mut Model, &Capture),
        guitar: &[f32],
        knob: &mut impl FnMut() -> f32,
    ) -> usize {
        for block in guitar.chunks(60) {
            let (mut left, mut right, mut wanted) = (
                vec![7.0; block.len()],
                vec![7.0; block.len()],
                vec![0.0; block.len()],
            );
            without_allocating(|| dual.process(&[block, block], &mut [&mut left, &mut right]));
            let values: Vec<f32> = block.iter().map(|_| knob()).collect();
            let mut inputs = [&values[..], &values];
            inputs[capture.guitar()] = block;
            alone.process(&inputs, &mut [&mut wanted]);
            assert_eq!(left, wanted);
            assert_eq!(right, wanted);
        }
        dual.lanes
            .iter_mut()
            .map(|lane| std::mem::take(&mut lane.run))
            .sum()
    }

    /// Knobs are turned while sound plays, in silence, and at rest; what is then heard, and where a
    /// reset leads, is always what their new places make of it.
    #[test]
    fn knobs_are_heard_whenever_they_move() {
        let guitar = guitar();
        for (name, capture) in with_knobs() {
            let control = capture.controls().expect("it has a knob")[0].clone();
            let mut dual = DualMono::new(&capture, 2, 1.0, Some([0.25; 4]), SimdLevel::detect());
            let mut alone = capture.build();
            let mut silence = capture.silence();
            silence[control.channel] = control.value(0.25);
            alone.prewarm_at(&silence);
            let frames = (crate::chain::smooth::SMOOTHING * capture.sample_rate()).round();
            let (mut from, mut to, mut left) = (0.25, 0.25, 0.0);
            let tail_frames =
                vec![0.0; 60 * (alone.settle_frames() + MARGIN).div_ceil(60) + 24_000];
            for (turn, (position, sound)) in [
                (0.25f32, &guitar[..3000]),
                (0.75, &guitar[3000..6000]),
                (0.75, &tail_frames),
                (0.75, &tail_frames[..600]),
                (0.1, &tail_frames),
                (0.1, &tail_frames[..600]),
                (0.1, &guitar[..1200]),
                (0.9, &tail_frames[..12_000]),
                (0.9, &guitar[600..1200]),
            ]
            .into_iter()
            .enumerate()
            {
                if f64::from(position) != to {
                    (from, to, left) = (to, f64::from(position), frames);
                    without_allocating(|| dual.set_knobs(&[position; 4]));
                }
                let mut knob = || {
                    left = f64::max(left - 1.0, 0.0);
                    control.value(to + (from - to) * (left / frames))
                };
                let frames = play_with_knob(&mut dual, (&mut alone, &capture), sound, &mut knob);
                let rests = matches!(turn, 3 | 5);
                assert!(frames > 0 || rests, "{name}: turn {turn} is not played");
                // Of the others it is not known.
                if rests && ["lstm", "wavenet"].contains(&name.as_str()) {
                    assert_eq!(frames, 0, "{name}: turn {turn} does not rest");
                }
            }
            for slim in [0.0, 1.0] {
                let mut knob = || control.value(f64::from(0.9f32));
                without_allocating(|| dual.set_slim(slim));
                alone.set_slim(slim);
                play_with_knob(
                    &mut dual,
                    (&mut alone, &capture),
                    &guitar[..6000],
                    &mut knob,
                );
            }
            let mut knob = || control.value(f64::from(0.9f32));
            play_with_knob(&mut dual, (&mut alone, &capture), &tail_frames, &mut knob);
            if dual.lanes[0].has_settled() {
                // Where silence leads, it has learned.
                without_allocating(|| dual.reset());
                let mut known =
                    DualMono::new(&capture, 2, 1.0, Some([0.9; 4]), SimdLevel::detect());
                let [reset, new] = [&mut dual, &mut known].map(|dual| {
                    let (mut left, mut right) = ([0.0; 60], [0.0; 60]);
                    let input = &guitar[..60];
                    dual.process(&[input, input], &mut [&mut left, &mut right]);
                    assert_eq!(left, right, "{name}");
                    left
                });
                let apart = reset.iter().zip(&new).map(|(a, b)| (a - b).abs());
                let apart = apart.fold(0.0, f32::max);
                assert!(apart < 1e-5, "{name}: {apart} after a reset");
            }
        }
    }

    #[test]
    fn several_channels_are_one_lane() {
        for name in ["features/wn_2in_2out.nam", "features/lstm_2in_2out.nam"] {
            let dual = DualMono::new(&load(name), 2, 1.0, None, SimdLevel::detect());
            assert_eq!(dual.lanes.len(), 1, "{name}");
        }
        let mono = load("captures/wn_nano.nam");
        for (wanted, lanes) in [(0, 1), (1, 1), (2, 2), (9, 2)] {
            assert_eq!(
                DualMono::new(&mono, wanted, 1.0, None, SimdLevel::detect())
                    .lanes
                    .len(),
                lanes
            );
        }
    }
}
