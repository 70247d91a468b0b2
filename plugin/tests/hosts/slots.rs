//! A song with another slot on every beat: but for the fades, it is what each slot makes of it alone, and
//! nothing clicks.

use std::path::Path;

use serde_json::{Value, json};

use crate::any_host::{Audio, Host};
use crate::project::{Project, builtin, file};
use crate::sound::{Stereo, guitar, noise, residue_db};
use crate::spectrum::Spectrum;
use crate::{Bundle, Scenario, clap_host, vst3_host};

type Clap = clap_host::Plugin;
type Vst3 = vst3_host::Plugin;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clap::song_rendered",
        bundles: &[Bundle::Clap],
        run: song_rendered::<Clap>,
    },
    Scenario {
        name: "vst3::song_rendered",
        bundles: &[Bundle::Vst3],
        run: song_rendered::<Vst3>,
    },
    Scenario {
        name: "clap::song_live",
        bundles: &[Bundle::Clap],
        run: song_live::<Clap>,
    },
    Scenario {
        name: "vst3::song_live",
        bundles: &[Bundle::Vst3],
        run: song_live::<Vst3>,
    },
];

/// How many there are.
pub(crate) const SLOTS: usize = 8;
/// The rate of all captures here, in Hz.
pub(crate) const RATE: f64 = 48_000.0;
/// Frames of a fade as it is set at first.
pub(crate) const FADE: usize = 960;
/// Frames from a change to its fade where somebody listens, behind a pedal.
const WAIT: usize = 2400;

/// A capture among those that the engine is tested with.
pub(crate) fn fixture(name: &str) -> Value {
    let captures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/tests/fixtures/captures"
    );
    file(&Path::new(captures).join(name))
}

/// A rig that sounds different in each of its slots, and has nothing around them.
pub(crate) fn eight_slots(new: &Project) -> Project {
    let slots = json!([
        {"capture": builtin("crunch")},
        {"capture": builtin("lead")},
        {"capture": builtin("crunch"), "pedal": fixture("wn_nano.nam")},
        {"capture": fixture("wn_nano_relu_trained.nam"), "drive": 6.0, "level": -9.0},
        {"capture": fixture("wn_feather.nam")},
        {"capture": builtin("clean"), "level": 3.0},
        {"capture": fixture("lstm_1x8.nam"), "drive": -6.0},
        {"capture": builtin("lead"), "drive": 9.0},
    ]);
    let mut project = new.playing(&builtin("crunch"));
    project.0["slots"] = slots;
    project
}

/// What happens at a frame.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A parameter takes on a value, 0 to 1.
    Point(usize, f64),
    /// A message of MIDI comes.
    Midi([u8; 3]),
}

/// Where `Slot` stands for a slot.
pub(crate) fn position(slot: usize) -> f64 {
    slot as f64 / (SLOTS - 1) as f64
}

/// Plays a song in blocks of the given sizes, over and over.
pub(crate) fn play(
    audio: &mut dyn Audio,
    song: &Stereo,
    blocks: &[usize],
    events: &[(usize, Event)],
) -> Stereo {
    let mut output = Stereo::default();
    let (mut start, frames) = (0, song[0].len());
    for size in blocks.iter().cycle() {
        let end = frames.min(start + size);
        for &(frame, event) in events {
            if (start..end).contains(&frame) {
                let frame = (frame - start) as i32;
                match event {
                    Event::Point(parameter, value) => audio.point(parameter, frame, value),
                    Event::Midi(message) => audio.midi(frame, message),
                }
            }
        }
        let block = audio.block(song.each_ref().map(|side| &side[start..end]));
        for (output, block) in output.iter_mut().zip(block) {
            output.extend(block);
        }
        start = end;
        if start == frames {
            break;
        }
    }
    output
}

/// What nobody listens to: each time from silence on.
pub(crate) fn bounce<H: Host>(
    host: &mut H,
    song: &Stereo,
    blocks: &[usize],
    events: &[(usize, Event)],
) -> Stereo {
    let mut output = Stereo::default();
    host.set_offline(true);
    let bounced = &mut output;
    host.run(
        RATE,
        |audio| *bounced = play(audio, song, blocks, events),
        |_| (),
    );
    output
}

/// What each slot makes of a song by itself.
pub(crate) fn alone<H: Host>(host: &mut H, song: &Stereo) -> Vec<Stereo> {
    let parameter = host.parameter("Slot");
    let all = (0..SLOTS).map(|slot| (0, Event::Point(parameter, position(slot))));
    all.map(|event| bounce(host, song, &[512], &[event]))
        .collect()
}

/// An instance that plays this rig, once everything in it is loaded.
pub(crate) fn playing<H: Host>(bundle: &Path, project: impl Fn(&Project) -> Project) -> H {
    let mut host = H::new(bundle);
    let new = Project::read(&host.save());
    let project = project(&new);
    assert!(host.restore(&project.to_bytes()));
    let loaded = |saved: &Project, slot: usize, part: &str| {
        let reference = &saved.0["slots"][slot][part];
        let there = &project.0["slots"][slot][part];
        there.is_null() || there["builtin"] == "none" || reference["rate"].is_number()
    };
    // On a machine that is busy, a host that renders may have to ask more than once.
    for _ in 0..20 {
        bounce(&mut host, &noise(64), &[64], &[]);
        let saved = Project::read(&host.save());
        if (0..SLOTS).all(|slot| loaded(&saved, slot, "capture") && loaded(&saved, slot, "pedal")) {
            return host;
        }
    }
    panic!("never loaded: {}", Project::read(&host.save()).0["slots"]);
}

/// A song with another slot on every beat: where the beats are, and which slot is heard from there on.
pub(crate) struct Song {
    pub(crate) input: Stereo,
    pub(crate) beats: Vec<(usize, usize)>,
}

/// No multiple of any block, nor of the time between two notes, each of which clicks.
const BEAT: usize = 10_007;
const BEATS: usize = 16;
/// What the song is played in.
const BLOCKS: [&[usize]; 4] = [&[512], &[64], &[1, 17, 333, 64, 4095, 30], &[4096]];

impl Song {
    pub(crate) fn new() -> Self {
        Self {
            input: guitar(BEATS * BEAT),
            beats: (0..BEATS).map(|n| (n * BEAT, 3 * n % SLOTS)).collect(),
        }
    }

    /// What switches it.
    pub(crate) fn switched(&self, by: impl Fn(usize) -> Event) -> Vec<(usize, Event)> {
        let beats = self.beats.iter();
        beats.map(|&(frame, slot)| (frame, by(slot))).collect()
    }

    /// Where one beat gives way to the next: the frame, and the slots.
    fn switches(&self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let pairs = self.beats.windows(2);
        pairs.map(|pair| (pair[1].0, [pair[0].1, pair[1].1]))
    }

    /// Frames from the beat at `at` to the next.
    fn beat(&self, at: usize) -> std::ops::Range<usize> {
        let next = self.beats.get(at + 1);
        self.beats[at].0..next.map_or(self.input[0].len(), |beat| beat.0)
    }

    /// A song that was switched is, but for `fades` frames from each switch on, what its slots make of it
    /// alone.
    pub(crate) fn is_spliced(&self, played: &Stereo, alone: &[Stereo], fades: usize) {
        for (at, &(_, slot)) in self.beats.iter().enumerate() {
            let mut heard = self.beat(at);
            let before = self.beats[at.saturating_sub(1)].1;
            heard.start += fades;
            for side in 0..2 {
                let played = &played[side][heard.clone()];
                let residue = |slot: usize| residue_db(played, &alone[slot][side][heard.clone()]);
                let here = residue(slot);
                assert!(here < -90.0, "beat {at}, slot {slot}: {here:.1} dB");
                let other = at == 0 || residue(before) > -20.0;
                assert!(other, "slots {before} and {slot} sound alike");
            }
        }
    }

    /// The same with each slot cut off where the next one comes.
    fn cut(&self, alone: &[Stereo]) -> Stereo {
        let mut cut = Stereo::default();
        for (at, &(_, slot)) in self.beats.iter().enumerate() {
            for (cut, side) in cut.iter_mut().zip(&alone[slot]) {
                cut.extend(&side[self.beat(at)]);
            }
        }
        cut
    }

    /// How far a sound stands out at each switch from what both slots make alone, in dB, in the worst
    /// moment and band.
    fn clicks(&self, played: &Stereo, alone: &[Stereo]) -> Vec<f64> {
        let spectrum = Spectrum::new();
        let switches = self.switches();
        let clicks = switches.map(|(frame, slots)| {
            let around = frame - Spectrum::WINDOW..frame + WAIT + FADE + Spectrum::WINDOW;
            let [old, new] = slots.map(|slot| spectrum.moments(&alone[slot][0][around.clone()]));
            let heard = spectrum.moments(&played[0][around]);
            let mut worst = f64::NEG_INFINITY;
            for (at, heard) in heard.iter().enumerate() {
                // Somewhat earlier or later it may be as loud.
                let near = at.saturating_sub(3)..(at + 4).min(old.len());
                for (band, heard) in heard.iter().enumerate() {
                    let loudest = near.clone().map(|at| old[at][band].max(new[at][band]));
                    let loudest = loudest.fold(Spectrum::UNHEARD, f64::max);
                    worst = worst.max(10.0 * (heard / loudest).log10());
                }
            }
            worst
        });
        clicks.collect()
    }
}

/// From here on, what stands out from both sounds is a click, in dB.
const CLICK: f64 = 6.0;

/// No click is heard at any switch, where a cut is heard at some: not where both sounds are as bright as it.
fn has_no_clicks(song: &Song, played: &Stereo, alone: &[Stereo]) {
    let clicks = song.clicks(played, alone);
    let cuts = song.clicks(&song.cut(alone), alone);
    println!("at the switches, in dB: {clicks:.1?}; cut: {cuts:.1?}");
    assert!(clicks.iter().all(|&db| db < CLICK), "{clicks:.1?}");
    let heard = cuts.iter().filter(|&&db| db > CLICK).count();
    assert!(heard > 2, "cuts are not heard: {cuts:.1?}");
}

/// A song that is rendered with automation is, outside of the fades, what each slot makes of it, whatever
/// the blocks.
fn song_rendered<H: Host>(bundle: &Path) {
    let song = Song::new();
    let mut host: H = playing(bundle, eight_slots);
    let alone = alone(&mut host, &song.input);
    let late = host.latency();
    let slot = host.parameter("Slot");
    let events = song.switched(|number| Event::Point(slot, position(number)));
    let mut first: Option<Stereo> = None;
    for blocks in BLOCKS {
        let played = bounce(&mut host, &song.input, blocks, &events);
        song.is_spliced(&played, &alone, FADE + late);
        let first = first.get_or_insert_with(|| {
            has_no_clicks(&song, &played, &alone);
            played.clone()
        });
        for (played, first) in played.iter().zip(first) {
            let residue = residue_db(played, first);
            assert!(residue < -100.0, "blocks of {blocks:?}: {residue:.1} dB");
        }
    }
}

/// The same where somebody listens: the next slot has to hear what it missed, and comes a little later.
fn song_live<H: Host>(bundle: &Path) {
    let song = Song::new();
    let mut host: H = playing(bundle, eight_slots);
    let alone = alone(&mut host, &song.input);
    let test = noise(24_000);
    let wanted = self::alone(&mut host, &test);
    let slot = host.parameter("Slot");
    let events = song.switched(|number| Event::Point(slot, position(number)));
    host.set_offline(false);
    let mut songs = Vec::new();
    host.run(
        RATE,
        |audio| {
            has_all_slots(audio, slot, &test, &wanted);
            for blocks in BLOCKS {
                audio.reset();
                songs.push(play(audio, &song.input, blocks, &events));
            }
        },
        |_| (),
    );
    let late = host.latency();
    has_no_clicks(&song, &songs[0], &alone);
    for (played, blocks) in songs.iter().zip(BLOCKS) {
        song.is_spliced(played, &alone, WAIT + FADE + late);
        for (played, first) in played.iter().zip(&songs[0]) {
            let residue = residue_db(played, first);
            assert!(residue < -100.0, "blocks of {blocks:?}: {residue:.1} dB");
        }
    }
}

/// Goes to each slot, until it makes of a sound what is wanted: what is loaded comes when it is ready.
pub(crate) fn has_all_slots(audio: &mut dyn Audio, slot: usize, test: &Stereo, wanted: &[Stereo]) {
    let late = test[0].len() / 2;
    for (number, wanted) in wanted.iter().enumerate() {
        let go = [(0, Event::Point(slot, position(number)))];
        let mut right = || {
            let played = play(audio, test, &[512], &go);
            let pairs = played.iter().zip(wanted);
            let residues =
                pairs.map(|(played, wanted)| residue_db(&played[late..], &wanted[late..]));
            residues.fold(f64::NEG_INFINITY, f64::max)
        };
        let mut best = f64::INFINITY;
        for _ in 0..400 {
            best = best.min(right());
            if best < -60.0 {
                break;
            }
        }
        assert!(
            best < -60.0,
            "slot {number} never sounds right: {best:.1} dB"
        );
    }
}
