//! Finding what was played last in a recording, so that it can be looped.

use std::f64::consts::TAU;
use std::ops::Range;

use crate::rig::RiffSettings;

/// How long a loop fades in from what lies before it, in s, while its end fades out.
pub(crate) const FADE: f64 = 0.02;

/// The level is looked at in pieces of this many seconds.
const HOP: f64 = 0.01;

/// What is lower than this, in Hz, says little about where notes begin and end: hum and offsets.
const LOW_CUT: f64 = 200.0;

/// Levels in dB (0 dB: RMS of 1). What is never louder than this is silence, and ...
const SILENCE: f64 = -60.0;
/// ... what stands still below this is noise.
const NOISE: f64 = -45.0;

/// How far below the loudest half second a note has ended, in dB; in noise that is louder than that,
/// this far above the noise, but not beyond the last.
const ENDED: f64 = 45.0;
const OVER_NOISE: f64 = 8.0;
const ENDED_IN_NOISE: f64 = 30.0;

/// By how much a level rises where a note is struck, in dB, above what the last hops were at most: they
/// are as long as the waves of a bass.
const STRUCK: f64 = 3.0;
const BEFORE: usize = 4;

/// Hops of silence between two phrases, of silence that ends one, and of that before its first note.
const PAUSE: usize = 100;
const RELEASED: usize = 30;
const REST: usize = 15;

/// Hops that sound in a phrase, at least: what is shorter is a hand on the strings.
const SOUNDING: usize = 50;

/// The frames of the newest phrase in a recording of one or two channels at a rate in Hz. It is at least 2 s
/// long, and at most `longest` seconds; it begins with a note, after silence if there is some, and ends
/// in silence or where another note begins. As much as a fade takes lies before it. `None` if nothing
/// of that length was played.
pub(crate) fn find_riff(channels: &[Vec<f32>], rate: f64, longest: f64) -> Option<Range<usize>> {
    let played = Played::new(channels, rate)?;
    let phrases = played.phrases();
    let mut newest_first = phrases.into_iter().rev();
    newest_first.find_map(|phrase| played.cut(&phrase, longest))
}

/// A recording as it is looked at.
struct Played {
    rate: f64,
    /// The louder channel of each frame, without what is low.
    frames: Vec<f32>,
    /// Frames of a hop.
    hop: usize,
    /// How loud each hop is, in dB.
    levels: Vec<f64>,
    /// What is louder than this sounds.
    silence: f64,
}

impl Played {
    /// `None` if nothing was played.
    fn new(channels: &[Vec<f32>], rate: f64) -> Option<Self> {
        let mut frames = vec![0.0f32; channels.iter().map(Vec::len).min()?];
        for channel in channels {
            let heard = high_pass(channel, rate);
            for (frame, heard) in frames.iter_mut().zip(heard) {
                *frame = frame.max(heard.abs());
            }
        }
        let hop = ((HOP * rate) as usize).max(1);
        let level = |hop: &[f32]| {
            let power = hop.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
            10.0 * (power / hop.len() as f64).max(1e-20).log10()
        };
        let levels: Vec<f64> = frames.chunks_exact(hop).map(level).collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f64::total_cmp);
        let floor = *sorted.get(SOUNDING)?;
        let loudest = sorted[sorted.len() - SOUNDING];
        if loudest < SILENCE || loudest < NOISE && loudest - floor < 2.0 * OVER_NOISE {
            return None;
        }
        let in_noise = (floor + OVER_NOISE).min(loudest - ENDED_IN_NOISE);
        Some(Played {
            rate,
            frames,
            hop,
            levels,
            silence: in_noise.max(loudest - ENDED),
        })
    }

    /// What was played between pauses, in hops.
    fn phrases(&self) -> Vec<Range<usize>> {
        let sounds = |hop: &usize| self.levels[*hop] > self.silence;
        let mut phrases: Vec<Range<usize>> = Vec::new();
        for hop in (0..self.levels.len()).filter(sounds) {
            match phrases.last_mut() {
                Some(last) if hop < last.end + PAUSE => last.end = hop + 1,
                _ => phrases.push(hop..hop + 1),
            }
        }
        phrases.retain(|phrase| phrase.clone().filter(sounds).count() >= SOUNDING);
        phrases
    }

    /// The loudest of the hops before this one, up to so many.
    fn before(&self, hop: usize, most: usize) -> f64 {
        let before = &self.levels[hop.saturating_sub(most)..hop];
        before.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The hops of a phrase in which a note begins.
    fn notes(&self, phrase: &Range<usize>) -> Vec<usize> {
        let struck = |&hop: &usize| {
            let before = self.before(hop, BEFORE).max(self.silence);
            self.levels[hop] > before + STRUCK
        };
        let mut notes: Vec<usize> = phrase.clone().filter(struck).collect();
        // One note may rise for some hops.
        notes.dedup_by(|next, last| *next <= *last + BEFORE);
        notes
    }

    /// The frame at which the note of a hop is struck.
    fn onset(&self, hop: usize) -> usize {
        let around = hop.saturating_sub(1) * self.hop..(hop + 1) * self.hop;
        let loudest = self.frames[around.clone()]
            .iter()
            .fold(0.0f32, |most, s| most.max(*s));
        let mut around = around.into_iter();
        let first = around.find(|&frame| self.frames[frame] >= 0.5 * loudest);
        first.unwrap_or(hop * self.hop)
    }

    /// The frames of a phrase that make a loop.
    fn cut(&self, phrase: &Range<usize>, longest: f64) -> Option<Range<usize>> {
        let (low, high) = RiffSettings::SECONDS.into_inner();
        let frames = |seconds: f64| (seconds * self.rate) as usize;
        let shortest = frames(low.into());
        let longest = frames(longest.clamp(low.into(), high.into()));
        let notes = self.notes(phrase);
        let onset = |hop: Option<&usize>| hop.map(|&hop| self.onset(hop));
        let first = onset(notes.first()).unwrap_or(phrase.start * self.hop);
        let start = first.max(frames(FADE) + 1);
        let silent = (phrase.end + PAUSE).min(self.levels.len()) * self.hop;
        let ends = match phrase.end + RELEASED <= self.levels.len() {
            true => [phrase.end * self.hop, start + shortest],
            // It is still played: the last note is not whole.
            false => [onset(notes.last()).unwrap_or(0), silent],
        };
        let fits = |end: &usize| (start + shortest..=silent).contains(end);
        let end = ends.into_iter().find(fits)?;
        if end - start <= longest {
            return Some(start..end);
        }
        let fits = |&&hop: &&usize| {
            let onset = self.onset(hop);
            onset + longest >= end && onset + shortest <= end
        };
        let rests = |&&hop: &&usize| self.before(hop.saturating_sub(1), REST) <= self.silence;
        let mut fitting = notes.iter().filter(fits);
        let after_rest = fitting.clone().find(rests);
        let start = onset(after_rest.or(fitting.next()));
        Some(start.unwrap_or(end - longest)..end)
    }
}

/// A channel without what is low.
fn high_pass(channel: &[f32], rate: f64) -> impl Iterator<Item = f32> {
    let alpha = (1.0 / (1.0 + TAU * LOW_CUT / rate)) as f32;
    let (mut last, mut made) = (channel.first().copied().unwrap_or(0.0), 0.0);
    channel.iter().map(move |&sample| {
        made = alpha * (made + sample - last);
        last = sample;
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note on a string: partials that fall off, higher ones sooner.
    fn pluck(into: &mut Vec<f32>, rate: f64, seconds: f64, pitch: f64, level: f64) {
        let frames = (seconds * rate) as usize;
        into.extend((0..frames).map(|n| {
            let t = n as f64 / rate;
            let partial = |k: f64| (-(1.0 + k) * t).exp() / k * (TAU * k * pitch * t).sin();
            (level * (1..9).map(|k| partial(f64::from(k))).sum::<f64>()) as f32
        }));
    }

    fn silence(into: &mut Vec<f32>, rate: f64, seconds: f64) {
        into.extend(std::iter::repeat_n(0.0, (seconds * rate) as usize));
    }

    /// The same numbers again and again, from -1 to 1.
    fn noise(seed: &mut u32) -> f32 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    /// What is found, in seconds.
    fn found(played: &[f32], rate: f64, longest: f64) -> Option<(f64, f64)> {
        let riff = find_riff(&[played.to_vec()], rate, longest)?;
        Some((riff.start as f64 / rate, riff.end as f64 / rate))
    }

    /// A bar of eight notes of a quarter of a second, the last of which is damped.
    fn riff(into: &mut Vec<f32>, rate: f64, level: f64) {
        for pitch in [82.4, 82.4, 98.0, 110.0, 82.4, 123.5, 110.0, 98.0, 82.4] {
            pluck(into, rate, 0.25, pitch, level);
        }
    }

    #[track_caller]
    fn assert_near(found: Option<(f64, f64)>, start: f64, end: f64) {
        let (from, to) = found.unwrap();
        assert!(
            (from - start).abs() < 0.004,
            "begins at {from}, not {start}"
        );
        assert!((to - end).abs() < 0.02, "ends at {to}, not {end}");
    }

    #[test]
    fn a_riff_between_silences_is_found_whole_at_any_rate_and_level() {
        for (rate, level) in [(44_100.0, 0.3), (48_000.0, 0.01), (96_000.0, 0.9)] {
            let mut played = Vec::new();
            silence(&mut played, rate, 1.3);
            riff(&mut played, rate, level);
            silence(&mut played, rate, 1.0);
            assert_near(found(&played, rate, 8.0), 1.3, 3.55);
        }
    }

    #[test]
    fn the_newest_of_two_phrases_is_looped() {
        let (rate, mut played) = (48_000.0, Vec::new());
        silence(&mut played, rate, 0.5);
        riff(&mut played, rate, 0.5);
        silence(&mut played, rate, 1.5);
        riff(&mut played, rate, 0.2);
        silence(&mut played, rate, 0.5);
        assert_near(found(&played, rate, 30.0), 4.25, 6.5);
    }

    #[test]
    fn a_hand_on_the_strings_is_no_phrase() {
        let (rate, mut played) = (48_000.0, Vec::new());
        silence(&mut played, rate, 0.5);
        riff(&mut played, rate, 0.5);
        silence(&mut played, rate, 2.0);
        pluck(&mut played, rate, 0.2, 300.0, 0.1);
        silence(&mut played, rate, 2.0);
        assert_near(found(&played, rate, 30.0), 0.5, 2.75);
    }

    #[test]
    fn what_goes_on_is_cut_between_notes() {
        let (rate, mut played) = (48_000.0, Vec::new());
        silence(&mut played, rate, 0.5);
        for _ in 0..6 {
            riff(&mut played, rate, 0.5);
        }
        // In mid-note.
        played.truncate((13.6 * rate) as usize);
        let (start, end) = found(&played, rate, 4.0).unwrap();
        assert!(end - start <= 4.0 && end - start > 3.7, "{start} {end}");
        for at in [start, end] {
            let beats = (at - 0.5) / 0.25;
            assert!((beats - beats.round()).abs() < 0.02, "{at}");
        }
        assert!((end - 13.5).abs() < 0.005, "{end}");
    }

    #[test]
    fn a_long_phrase_begins_after_a_rest_if_it_has_one() {
        let (rate, mut played) = (48_000.0, Vec::new());
        for _ in 0..4 {
            riff(&mut played, rate, 0.5);
        }
        silence(&mut played, rate, 0.4);
        let rested = played.len() as f64 / rate;
        riff(&mut played, rate, 0.5);
        silence(&mut played, rate, 0.6);
        assert_near(found(&played, rate, 4.0), rested, rested + 2.25);
    }

    #[test]
    fn what_is_short_is_looped_with_the_silence_behind_it() {
        let (rate, mut played) = (48_000.0, Vec::new());
        silence(&mut played, rate, 0.5);
        pluck(&mut played, rate, 1.2, 110.0, 0.5);
        silence(&mut played, rate, 0.3);
        assert_eq!(found(&played, rate, 8.0), None);
        silence(&mut played, rate, 0.6);
        assert_near(found(&played, rate, 8.0), 0.5, 2.5);
    }

    #[test]
    fn hum_and_hiss_are_neither_a_riff_nor_in_the_way_of_one() {
        let (rate, mut played, mut seed) = (48_000.0, Vec::new(), 1);
        let mut dirty = |played: &[f32]| -> Vec<f32> {
            let hum = |n: usize| 0.004 * (TAU * 50.0 * n as f64 / rate).sin() as f32;
            let frames = played.iter().enumerate();
            frames
                .map(|(n, s)| s + hum(n) + 0.001 * noise(&mut seed))
                .collect()
        };
        silence(&mut played, rate, 10.0);
        assert_eq!(found(&dirty(&played), rate, 8.0), None);
        riff(&mut played, rate, 0.3);
        silence(&mut played, rate, 2.0);
        assert_near(found(&dirty(&played), rate, 8.0), 10.0, 12.25);
    }

    #[test]
    fn silence_is_no_riff() {
        assert_eq!(found(&[], 48_000.0, 8.0), None);
        assert_eq!(found(&[0.0; 480_000], 48_000.0, 8.0), None);
        assert_eq!(found(&[0.5; 480_000], 48_000.0, 8.0), None);
        assert_eq!(find_riff(&[], 48_000.0, 8.0), None);
        assert_eq!(found(&[0.1; 10], 3.0, 8.0), None);
    }

    /// Fourteen seconds: a riff, chords, a lead line.
    #[test]
    fn the_phrase_of_the_demo_is_cut_where_somebody_would() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/phrase.wav");
        let bytes = std::fs::read(path).unwrap();
        let (samples, _) = bytes[44..].as_chunks::<2>();
        let phrase = samples
            .iter()
            .map(|&s| f32::from(i16::from_le_bytes(s)) / 32_768.0);
        let mut phrase: Vec<f32> = phrase.collect();
        phrase.extend([0.0; 48_000]);
        for (longest, start) in [(4.0, 10.0), (8.0, 6.0), (30.0, FADE)] {
            assert_near(found(&phrase, 48_000.0, longest), start, 13.99);
        }
    }
}
