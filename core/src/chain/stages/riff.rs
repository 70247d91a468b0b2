//! What was played last, again and again instead of the guitar.

use std::sync::Arc;

use crate::chain::stage::{Block, SILENCE, Stage};
use crate::recent_input::{RecentInput, Riff};
use crate::riff::FADE;
use crate::rig::Settings;

/// What is not louder than this (-60 dB) is silence.
const SILENT: f32 = 1e-3;

/// So many seconds of a silence are kept: a pause does not wipe out what was played before it.
const KEPT_SILENCE: f64 = 2.0;

/// Keeps what the guitar plays, and loops a part of that. What is looped is not kept again: the guitar
/// fades out of what is kept as it does out of what is heard.
pub(crate) struct RiffLoop {
    recent: Option<Arc<RecentInput>>,
    on: bool,
    offline: bool,
    /// What is heard, and what fades out.
    heard: Voice,
    leaving: Option<Voice>,
    /// Frames of a fade, and those that are left of this one.
    fade: usize,
    fade_left: usize,
    /// Frames of a silence that are kept, and those that are left of this one.
    silence: usize,
    silence_left: usize,
}

/// Who plays.
#[derive(Debug, Clone, Copy)]
enum Voice {
    Guitar,
    /// The loop, from the frame of this number on.
    Loop(Riff, u64),
}

impl RiffLoop {
    /// Lets the guitar through. `rate` in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        let silence = (KEPT_SILENCE * rate) as usize;
        RiffLoop {
            recent: None,
            on: false,
            offline: false,
            heard: Voice::Guitar,
            leaving: None,
            fade: ((FADE * rate) as usize).max(1),
            fade_left: 0,
            silence,
            silence_left: silence,
        }
    }

    /// Whether the host renders: then the guitar plays, and is not kept.
    pub(crate) fn set_offline(&mut self, offline: bool) {
        if self.offline != offline {
            self.offline = offline;
            self.reset();
        }
    }

    /// Where to keep what is played; gives back where that was before. A loop that plays ends at once.
    pub(crate) fn set_recent(
        &mut self,
        recent: Option<Arc<RecentInput>>,
    ) -> Option<Arc<RecentInput>> {
        self.reset();
        std::mem::replace(&mut self.recent, recent)
    }

    /// What is to be looped, if anything is and all of it is there.
    fn wanted(&self, recent: &RecentInput) -> Option<Riff> {
        let riff = recent.riff().filter(|_| self.on)?;
        if matches!(self.heard, Voice::Loop(plays, _) if plays == riff) {
            return Some(riff);
        }
        // The guitar is kept while it fades, out and in.
        let fade = self.fade as u64;
        let there = recent.oldest_after(2 * fade)..=recent.written();
        let start = riff.start.checked_sub(fade)?;
        (there.contains(&start) && there.contains(&riff.end)).then_some(riff)
    }

    /// What fades in next, if something does.
    fn next(&self, wanted: Option<Riff>) -> Option<Voice> {
        let fade = self.fade as u64;
        match (self.heard, wanted) {
            (Voice::Guitar, None) => None,
            (Voice::Loop(..), None) => Some(Voice::Guitar),
            (Voice::Loop(plays, at), Some(riff)) if plays == riff && at + fade < riff.end => None,
            // It comes in from what lies before it, so that its first note is whole.
            (_, Some(riff)) => Some(Voice::Loop(riff, riff.start - fade)),
        }
    }

    /// The next frame, and how much of the guitar is in it.
    fn frame(&mut self, guitar: [f32; 2], recent: &RecentInput) -> ([f32; 2], f32) {
        let (mut sound, mut part) = self.heard.play(guitar, recent);
        if let Some(leaving) = &mut self.leaving {
            let (old, old_part) = leaving.play(guitar, recent);
            let left = self.fade_left as f32 / self.fade as f32;
            for (sound, old) in sound.iter_mut().zip(old) {
                *sound += left * (old - *sound);
            }
            part += left * (old_part - part);
            self.fade_left -= 1;
            if self.fade_left == 0 {
                self.leaving = None;
            }
        }
        (sound, part)
    }

    /// Whether a frame is to be kept: what is left of a long silence is not.
    fn keeps(&mut self, frame: [f32; 2]) -> bool {
        if frame.into_iter().any(|sample| sample.abs() > SILENT) {
            self.silence_left = self.silence;
            return true;
        }
        let keeps = self.silence_left > 0;
        self.silence_left = self.silence_left.saturating_sub(1);
        keeps
    }
}

impl Voice {
    /// The next frame, and how much of the guitar is in it.
    fn play(&mut self, guitar: [f32; 2], recent: &RecentInput) -> ([f32; 2], f32) {
        match self {
            Voice::Guitar => (guitar, 1.0),
            Voice::Loop(_, at) => {
                *at += 1;
                (recent.frame(*at - 1), 0.0)
            }
        }
    }
}

impl Stage for RiffLoop {
    fn update(&mut self, settings: &Settings) {
        if settings.riff.on
            && !self.on
            && let Some(recent) = &self.recent
        {
            recent.want_riff();
        }
        self.on = settings.riff.on;
    }

    fn reset(&mut self) {
        self.heard = Voice::Guitar;
        self.leaving = None;
    }

    fn play(&mut self, block: &mut Block) {
        if self.offline {
            return;
        }
        let Some(recent) = self.recent.take() else {
            return;
        };
        if block.channels == 1 {
            block.sound[1] = block.sound[0];
        }
        let wanted = self.wanted(&recent);
        let mut kept = SILENCE;
        let mut frames = 0;
        for frame in 0..block.frames {
            if self.leaving.is_none()
                && let Some(next) = self.next(wanted)
            {
                self.leaving = Some(std::mem::replace(&mut self.heard, next));
                self.fade_left = self.fade;
            }
            let guitar = block.sound.each_ref().map(|side| side[frame]);
            let (sound, part) = self.frame(guitar, &recent);
            for (side, sample) in block.sound.iter_mut().zip(sound) {
                side[frame] = sample;
            }
            if part > 0.0 && self.keeps(guitar) {
                for (kept, sample) in kept.iter_mut().zip(guitar) {
                    kept[frames] = part * sample;
                }
                frames += 1;
            }
        }
        recent.write(&kept, frames);
        self.recent = Some(recent);
    }

    fn tail(&self) -> usize {
        match self.on && !self.offline {
            true => usize::MAX,
            false => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BLOCK;

    const RATE: f64 = 1000.0;
    const FADE_FRAMES: usize = 20;

    /// A stage that keeps what it hears, with loops on.
    fn stage() -> (RiffLoop, Arc<RecentInput>) {
        let recent = Arc::new(RecentInput::new(RATE, 1));
        let mut stage = RiffLoop::new(RATE);
        assert!(stage.set_recent(Some(recent.clone())).is_none());
        stage.on = true;
        (stage, recent)
    }

    /// Plays a guitar of one channel in blocks of so many frames, at most [`BLOCK`].
    fn play(stage: &mut RiffLoop, guitar: &[f32], size: usize) -> Vec<f32> {
        let mut heard = Vec::new();
        for part in guitar.chunks(size) {
            let mut block = Block::new(1, part.len(), false);
            block.sound[0][..part.len()].copy_from_slice(part);
            stage.play(&mut block);
            heard.extend_from_slice(&block.sound[0][..part.len()]);
        }
        heard
    }

    /// Two seconds and a half of silence, then three of notes that fall off, half a second each, then a
    /// second of silence.
    fn riff() -> Vec<f32> {
        let note = |n: usize| {
            let t = n as f64 / RATE;
            ((-6.0 * t).exp() * (std::f64::consts::TAU * 240.0 * t).sin()) as f32
        };
        let silence = std::iter::repeat_n(0.0, 2500);
        let notes = (0..3000).map(|n| note(n % 500));
        silence.chain(notes).chain([0.0; 1000]).collect()
    }

    /// A guitar that nobody mistakes for the riff.
    fn other(frames: usize) -> Vec<f32> {
        (0..frames).map(|n| 0.25 * (n as f32 * 0.1).cos()).collect()
    }

    #[test]
    fn the_guitar_passes_untouched_while_nothing_is_looped() {
        let (mut stage, recent) = stage();
        assert!(play(&mut stage, &riff(), 64) == riff());
        assert!(recent.read(30.0).channels[0][2000..] == riff()[2501..]);
        stage.on = false;
        assert!(recent.loop_riff(8.0).is_some());
        assert!(play(&mut stage, &other(500), 64) == other(500));
    }

    #[test]
    fn a_riff_is_looped_without_a_seam_however_time_is_cut() {
        let play_all = |size: usize| {
            let (mut stage, recent) = stage();
            play(&mut stage, &riff(), size);
            let seconds = recent.loop_riff(8.0).unwrap();
            (play(&mut stage, &other(20_000), size), seconds)
        };
        let (heard, seconds) = play_all(64);
        for size in [1, 7, 63] {
            assert!(play_all(size).0 == heard, "{size}");
        }
        let length = (seconds * RATE).round() as usize;
        assert!((2900..=3300).contains(&length), "{length}");
        // The guitar has gone after a fade, in which the loop comes in before its first note.
        let first = heard[FADE_FRAMES..].iter().position(|s| s.abs() > 0.3);
        let first = FADE_FRAMES + first.unwrap();
        let note = riff().iter().position(|s| s.abs() > 0.3).unwrap();
        for (n, sample) in heard[FADE_FRAMES..].iter().enumerate() {
            // Where in the riff it is; the last note has fallen to nothing where it begins again.
            let at = (n + FADE_FRAMES + length - first) % length + note;
            let wanted = riff().get(at).copied().unwrap_or(0.0);
            assert!((sample - wanted).abs() < 0.06, "{n}: {sample} {wanted}");
        }
    }

    #[test]
    fn the_guitar_comes_back_with_a_fade_and_what_is_looped_is_not_kept() {
        let (mut stage, recent) = stage();
        play(&mut stage, &riff(), 64);
        recent.loop_riff(8.0).unwrap();
        play(&mut stage, &other(5000), 64);
        let written = recent.written();
        play(&mut stage, &other(5000), 64);
        assert_eq!(recent.written(), written);
        stage.on = false;
        let silent = vec![0.0; 1000];
        let heard = play(&mut stage, &silent, 64);
        assert!(heard[FADE_FRAMES..].iter().all(|s| *s == 0.0));
        assert!(recent.written() > written);
    }

    #[test]
    fn another_riff_is_gone_over_to_and_none_is_the_guitar() {
        let (mut stage, recent) = stage();
        play(&mut stage, &riff(), 64);
        let long = recent.loop_riff(8.0).unwrap();
        play(&mut stage, &other(100), 64);
        let short = recent.loop_riff(2.0).unwrap();
        assert!(short <= 2.0 && long > short);
        play(&mut stage, &other(FADE_FRAMES), 64);
        let heard = play(&mut stage, &other(6000), 64);
        let length = (short * RATE).round() as usize;
        for (n, sample) in heard[..4000 - length].iter().enumerate() {
            assert!((sample - heard[n + length]).abs() < 0.06, "{n}");
        }
        recent.want_riff();
        play(&mut stage, &other(FADE_FRAMES), 64);
        let guitar = other(100);
        assert!(play(&mut stage, &guitar, 64) == guitar);
    }

    #[test]
    fn nothing_is_looped_or_kept_in_rendering() {
        let (mut stage, recent) = stage();
        play(&mut stage, &riff(), 64);
        recent.loop_riff(8.0).unwrap();
        play(&mut stage, &other(100), 64);
        let written = recent.written();
        stage.set_offline(true);
        assert!(play(&mut stage, &other(500), 64) == other(500));
        assert_eq!((recent.written(), stage.tail()), (written, 0));
        stage.set_offline(false);
        assert!(play(&mut stage, &other(500), 64) != other(500));
        assert_eq!(stage.tail(), usize::MAX);
    }

    #[test]
    fn a_riff_that_is_no_longer_there_is_not_looped() {
        let (mut stage, recent) = stage();
        play(&mut stage, &riff(), 64);
        stage.on = false;
        play(&mut stage, &other(29_000), 64);
        recent.loop_riff(2.0).unwrap();
        // Everything was overwritten before the chain was told.
        play(&mut stage, &other(31_000), 64);
        stage.on = true;
        assert!(play(&mut stage, &other(500), BLOCK) == other(500));
    }

    #[test]
    fn a_pause_does_not_wipe_out_what_was_played() {
        let (mut stage, recent) = stage();
        play(&mut stage, &riff(), 64);
        play(&mut stage, &vec![5e-4; 100_000], 64);
        let seconds = recent.loop_riff(8.0);
        assert!(seconds.is_some_and(|seconds| seconds > 2.5), "{seconds:?}");
    }
}
