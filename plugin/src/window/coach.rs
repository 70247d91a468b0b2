//! The input coach: how hard the guitar comes in, and what to do about it.

use super::words::Facts;

/// Seconds of playing that advice is drawn from, each judged by its loudest sample.
const SECONDS: usize = 4;

/// What is softer than this is no playing, in dBFS.
const PLAYING: f32 = -66.0;

/// Nobody plays a whole while without getting louder than this, in dBFS, where the interface is set for
/// a guitar: single notes on weak pickups reach some -30.
pub(super) const LOW: f32 = -42.0;

/// From here on an interface cuts off what is louder, in dBFS.
const CLIPPING: f32 = -0.02;

/// How long advice stays when what it is about is over, in seconds: time to read it, and nothing moves
/// under a hand.
const TOLD_FOR: f64 = 12.0;

/// What is wrong with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Every one of the last seconds was cut off.
    Clipping,
    /// There was playing in all of them, far too soft.
    Low,
}

impl Fault {
    /// What to do, in words.
    pub(super) fn advice(self, facts: &Facts<'_>) -> &'static str {
        match self {
            Self::Clipping => {
                "The input clips: your guitar is cut off before it gets here. Turn down the gain of your interface; if it is all the way down, use its line input or its pad."
            }
            // Calibration goes by an interface whose gain is all the way down.
            Self::Low if facts.calibrated => {
                "The guitar comes in very softly. Check the cable and that the interface's input is set to instrument (Hi-Z), then turn up Input here."
            }
            Self::Low => {
                "The guitar comes in very softly. Check the cable and that the interface's input is set to instrument (Hi-Z), then turn up its gain, or Input here."
            }
        }
    }
}

/// What to think of the loudest of the last seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Clipping,
    Low,
    Good,
}

impl Verdict {
    /// Of a level in dBFS.
    pub(super) fn of(loudest: f32) -> Self {
        if loudest >= CLIPPING {
            Self::Clipping
        } else if loudest < LOW {
            Self::Low
        } else {
            Self::Good
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Clipping => "too hot",
            Self::Low => "too soft",
            Self::Good => "good",
        }
    }
}

/// What it remembers of the last seconds.
#[derive(Debug, Default)]
pub(super) struct Coach {
    /// The loudest of the seconds that are over, the last one first, in dBFS.
    seconds: [Option<f32>; SECONDS],
    /// The second that is being listened to, and its loudest so far.
    current: Option<(u64, f32)>,
    /// What was wrong, and when, in seconds.
    fault: Option<(Fault, f64)>,
    /// Whether there was playing that was loud enough: what is soft then is the player's wish, or hum.
    loud_enough: bool,
    /// What somebody does not want to be told again.
    dismissed: Option<Fault>,
}

impl Coach {
    /// Listens to the largest sample since the last look, before any gain; `now` in seconds.
    pub(super) fn listen(&mut self, magnitude: f32, now: f64) {
        let level = 20.0 * magnitude.abs().log10();
        let second = now.max(0.0) as u64;
        match &mut self.current {
            Some((known, loudest)) if *known == second => *loudest = loudest.max(level),
            current => {
                if let Some((known, loudest)) = current.replace((second, level)) {
                    self.seconds.rotate_right(1);
                    self.seconds[0] = Some(loudest);
                    // While nobody played, nothing was drawn and nothing was heard.
                    if second > known + 1 {
                        self.seconds = [None; SECONDS];
                    }
                    self.judge(now);
                }
            }
        }
    }

    fn judge(&mut self, now: f64) {
        let all = |is: fn(f32) -> bool| self.seconds.iter().all(|s| s.is_some_and(is));
        // One second alone may be the plug.
        self.loud_enough |= all(|loudest| loudest >= LOW);
        if all(|loudest| loudest >= CLIPPING) {
            self.fault = Some((Fault::Clipping, now));
        } else if !self.loud_enough && all(|loudest| (PLAYING..LOW).contains(&loudest)) {
            self.fault = Some((Fault::Low, now));
        } else if self.fault.is_some_and(|(_, since)| now - since > TOLD_FOR) {
            self.fault = None;
        }
    }

    /// What is wrong, unless somebody has heard enough of it.
    pub(super) fn fault(&self) -> Option<Fault> {
        let fault = self.fault.map(|(fault, _)| fault);
        fault.filter(|fault| self.dismissed != Some(*fault))
    }

    /// Does not tell of the same again.
    pub(super) fn dismiss(&mut self) {
        self.dismissed = self.fault.map(|(fault, _)| fault);
    }

    /// The loudest of the last seconds in which somebody played, in dBFS.
    pub(super) fn loudest(&self) -> Option<f32> {
        let seconds = self.seconds.iter().flatten().copied();
        let loudest = seconds.reduce(f32::max);
        loudest.filter(|&loudest| loudest >= PLAYING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays seconds of such a level, looked at 30 times each.
    fn play(coach: &mut Coach, from: u64, seconds: u64, dbfs: f32) {
        for second in from..from + seconds {
            for look in 0..30 {
                let now = second as f64 + f64::from(look) / 30.0;
                coach.listen(10f32.powf(dbfs / 20.0), now);
            }
        }
    }

    #[test]
    fn it_speaks_after_some_seconds_of_the_same_and_can_be_silenced() {
        for (level, fault) in [
            (0.0, Some(Fault::Clipping)),
            (-12.0, None),
            (-35.0, None),
            (-50.0, Some(Fault::Low)),
            (-80.0, None),
        ] {
            let mut coach = Coach::default();
            play(&mut coach, 0, 3, level);
            assert_eq!(coach.fault(), None, "{level} dB, too early");
            play(&mut coach, 3, 3, level);
            assert_eq!(coach.fault(), fault, "{level} dB");
            coach.dismiss();
            play(&mut coach, 6, 3, level);
            assert_eq!(coach.fault(), None, "{level} dB, dismissed");
        }
    }

    #[test]
    fn one_good_second_is_enough_and_pauses_are_not_playing() {
        let mut coach = Coach::default();
        play(&mut coach, 0, 3, -50.0);
        play(&mut coach, 3, 1, -20.0);
        play(&mut coach, 4, 2, -50.0);
        assert_eq!(coach.fault(), None);
        assert_eq!(coach.loudest().map(f32::round), Some(-20.0));
        play(&mut coach, 60, 2, -50.0);
        assert_eq!(coach.fault(), None);
        assert_eq!(coach.loudest().map(f32::round), Some(-50.0));
        // Who was loud enough for a while is no longer told of softness.
        let mut loud = Coach::default();
        play(&mut loud, 0, 6, -20.0);
        play(&mut loud, 6, 9, -50.0);
        assert_eq!(loud.fault(), None);
        coach.listen(f32::NAN, 70.0);
        coach.listen(f32::INFINITY, 71.0);
        coach.listen(0.0, 72.0);
        assert_eq!(coach.fault(), None);
    }

    #[test]
    fn advice_stays_for_a_while() {
        let mut coach = Coach::default();
        play(&mut coach, 0, 6, 0.0);
        play(&mut coach, 6, 8, -12.0);
        assert_eq!(coach.fault(), Some(Fault::Clipping));
        play(&mut coach, 14, 8, -12.0);
        assert_eq!(coach.fault(), None);
    }

    #[test]
    fn the_verdict_is_of_what_is_shown() {
        for (level, verdict) in [
            (0.0, Verdict::Clipping),
            (-0.5, Verdict::Good),
            (-20.0, Verdict::Good),
            (-50.0, Verdict::Low),
        ] {
            let mut coach = Coach::default();
            play(&mut coach, 0, 6, level);
            // Also where nobody wants to hear more of it.
            coach.dismiss();
            assert_eq!(coach.loudest().map(Verdict::of), Some(verdict));
        }
    }
}
