//! Tables of what was measured.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::SystemTime;

use super::{Engine, Timing};

/// The sample rate of every capture timed.
const RATE: f64 = 48_000.0;

/// Sounds that differ in loudness by more than this are not the same sound.
const SAME: f64 = 0.02;

/// Every timing.
pub(super) struct Report {
    /// Names of Gridleak's levels, fastest last.
    levels: Vec<String>,
    /// Names of the other engines, which follow the levels.
    peers: Vec<String>,
    blocks: Vec<u16>,
    captures: Vec<String>,
    /// By block, capture and engine.
    timings: Vec<Vec<Vec<Option<Timing>>>>,
}

impl Report {
    /// Without any timings yet.
    pub(super) fn new(
        engines: &[Engine],
        blocks: &[u16],
        captures: impl Iterator<Item = String>,
    ) -> Self {
        let captures: Vec<_> = captures.collect();
        let (levels, peers): (Vec<_>, Vec<_>) = engines.iter().partition(|e| e.level.is_some());
        let names = |engines: Vec<&Engine>| engines.iter().map(|e| e.name.clone()).collect();
        Self {
            levels: names(levels),
            peers: names(peers),
            blocks: blocks.to_vec(),
            timings: vec![vec![vec![None; engines.len()]; captures.len()]; blocks.len()],
            captures,
        }
    }

    /// The best timing so far.
    pub(super) fn get(&self, block: usize, capture: usize, engine: usize) -> Option<Timing> {
        self.timings[block][capture][engine]
    }

    /// Takes in one more run.
    pub(super) fn add(
        &mut self,
        block: usize,
        capture: usize,
        engine: usize,
        timing: Option<Timing>,
    ) {
        let Some(timing) = timing else { return };
        let best = &mut self.timings[block][capture][engine];
        if best.is_none_or(|best| timing.least < best.least) {
            *best = Some(timing);
        }
    }

    /// All tables.
    pub(super) fn tables(&self) -> String {
        let mut text = String::new();
        for (block, frames) in self.blocks.iter().enumerate() {
            text += &format!("### Blocks of {frames}\n\n{}\n", self.table(block));
        }
        text + "### All captures together\n\n" + &self.summary()
    }

    /// One block size: a row for every capture.
    fn table(&self, block: usize) -> String {
        let mut head = vec!["capture".to_owned()];
        head.extend(
            self.levels
                .iter()
                .rev()
                .map(|level| format!("Gridleak {level}")),
        );
        head.push("x real time".into());
        head.extend(self.peers.iter().cloned());
        let mut rows = vec![head];
        for (name, timings) in self.captures.iter().zip(&self.timings[block]) {
            let (levels, peers) = timings.split_at(self.levels.len());
            let ours = levels.last().copied().flatten();
            let mut row = vec![name.clone()];
            row.extend(
                levels
                    .iter()
                    .rev()
                    .map(|level| level.map_or_else(dash, |timing| short(timing.least))),
            );
            row.push(ours.map_or_else(dash, |ours| short(1e9 / RATE / ours.least)));
            for &peer in peers {
                row.push(match (ours, peer) {
                    (Some(ours), Some(peer)) if alike(ours, peer) => {
                        format!("{} ({:.2} x)", short(peer.least), peer.least / ours.least)
                    }
                    (_, Some(peer)) => format!("{} (wrong)", short(peer.least)),
                    _ => dash(),
                });
            }
            rows.push(row);
        }
        aligned(&rows)
    }

    /// How the other engines compare over all captures, for every block size.
    fn summary(&self) -> String {
        let head = [
            "engine",
            "blocks of",
            "played",
            "wrong",
            "least",
            "mean",
            "most",
            "faster than Gridleak",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (peer, name) in self.peers.iter().enumerate() {
            for (block, frames) in self.blocks.iter().enumerate() {
                let pairs: Vec<_> = self.timings[block]
                    .iter()
                    .filter_map(|timings| {
                        let (levels, peers) = timings.split_at(self.levels.len());
                        Some((levels.last().copied()??, peers[peer]?))
                    })
                    .collect();
                let right = pairs.iter().filter(|(ours, peer)| alike(*ours, *peer));
                let mut ratios: Vec<_> =
                    right.map(|(ours, peer)| peer.least / ours.least).collect();
                ratios.sort_by(f64::total_cmp);
                let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
                let mean = (logs / ratios.len() as f64).exp();
                let ratio = |ratio: Option<f64>| ratio.map_or_else(dash, |r| format!("{r:.2} x"));
                rows.push(vec![
                    name.clone(),
                    frames.to_string(),
                    format!("{} of {}", pairs.len(), self.captures.len()),
                    (pairs.len() - ratios.len()).to_string(),
                    ratio(ratios.first().copied()),
                    ratio(ratios.first().map(|_| mean)),
                    ratio(ratios.last().copied()),
                    ratios
                        .iter()
                        .filter(|&&ratio| ratio < 1.0)
                        .count()
                        .to_string(),
                ]);
            }
        }
        aligned(&rows)
    }

    /// What `BENCHMARKS.md` says.
    pub(super) fn document(
        &self,
        rounds: usize,
        seconds: f64,
        stages: &str,
        notes: &[String],
    ) -> String {
        let level = self.levels.last().map_or("", String::as_str);
        let notes: String = notes.iter().map(|note| format!("* {note}\n")).collect();
        let facts = format!(
            "* Machine: {}\n* Date: {}\n* Gridleak {}, nam-rs 0.4.0, both built with {}\n{notes}",
            machine(),
            date(),
            env!("CARGO_PKG_VERSION"),
            compiler(),
        );
        format!(
            "{HEADING}{facts}\n## Method\n\n\
             Every number is the least of {rounds} runs of {seconds} seconds each. {METHOD}\
             ## Results\n\n\
             Nanoseconds per sample; less is better. Real time at 48 kHz is {:.0}. In brackets: how\n\
             many times as long as Gridleak takes with {level}, which is what it chooses by itself on\n\
             this CPU. A dash: the engine does not play the capture. \"Wrong\": it does, but {:.0} % or\n\
             more too loud or too quiet; what it computes is something else, and counts for nothing in\n\
             the sums.\n\n{}\n{stages}\n{LIMITS}",
            1e9 / RATE,
            SAME * 100.0,
            self.tables(),
        )
    }
}

/// What each stage of the signal chain adds to a capture, from what the program for that printed: name,
/// nanoseconds per sample, how many of them are not the capture's, and how many per cent of it.
pub(super) fn stages(capture: &str, printed: &str) -> String {
    let mut rows = vec![
        ["stage", "ns per sample", "more", "% of the capture"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(
        printed
            .lines()
            .map(|line| line.split('\t').map(str::to_owned).collect()),
    );
    format!(
        "### Stages of the signal chain\n\nBehind `{capture}`, in blocks of 64, on one channel at 48 kHz.\n\n{}",
        aligned(&rows)
    )
}

/// How `BENCHMARKS.md` begins.
const HEADING: &str = "# Benchmarks

Written by `cargo xtask bench --write`; do not edit. `cargo xtask bench` measures on your machine,
`--help` says how to add further engines.

";

/// How it was measured.
const METHOD: &str = "Each run is
a process of its own, which loads the capture, plays half a second of silence through it and then
times stretches of a quarter of a second of sound, on one thread, with denormal numbers taken for
zero. All engines play a capture in turn before the next capture comes, and each round goes through
all captures, so that other work of the machine hits all engines alike. Gridleak and nam-rs are timed
by the same program, `xtask/peers`; other engines by programs like it. nam-rs is built as its users
build it, for any CPU of the kind, and given single samples by the call it has for them. Gridleak is
built for any CPU, too: it chooses its instructions at run time.

The captures are those of `core/tests/fixtures`. `lstm_LxH` has L layers of H cells; `wn_*` are the
WaveNet sizes of the first generation, with tanh unless the name says otherwise; `a2_*` are the second
generation, and `A2` holds two of those, of which the larger plays.

";

/// What must not be read into it.
const LIMITS: &str = "## What the numbers do not show

* One CPU of one maker. Others have other caches, other clocks and other costs of wide vectors; what is
  twice as fast here may be less, or more, elsewhere. Nothing was measured on ARM.
* A machine shared with others. Single numbers move by 5 to 15 % from run to run: compare rows, not
  third digits.
* The least time, not the typical one and not the longest. A host cares about the longest, which
  depends on all that runs beside it.
* One capture at a time, its weights in the cache. A project with many plug-ins shares caches and
  memory between them.
* Weights and sizes, not sound: captures of the same architecture take the same time.
* Engines differ in how exactly they play. Gridleak and nam-rs compute tanh to single precision, other
  engines may use quicker approximations; here they are compared as they come. That a loudness is
  about right does not show that the sound is.
* Nothing of loading, memory, resampling or the plug-in around the engine.
";

/// Whether two engines play the same sound, as far as the loudness tells.
fn alike(a: Timing, b: Timing) -> bool {
    match (a.loudness, b.loudness) {
        (Some(a), Some(b)) => (a - b).abs() <= SAME * a,
        _ => true,
    }
}

fn dash() -> String {
    "–".into()
}

/// Three digits, or all before the point.
fn short(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// A Markdown table, its columns aligned for reading as it is; the first row is the heading.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            // Names to the left, numbers to the right.
            text += &match column {
                0 => format!("| {cell:<width$} |"),
                _ => format!(" {cell:>width$} |"),
            };
        }
        text.push('\n');
        if index == 0 {
            for (column, &width) in widths.iter().enumerate() {
                text += &match column {
                    0 => format!("|{:-<1$}|", "", width + 2),
                    _ => format!("{:-<1$}:|", "", width + 1),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// The CPU and how many of it there are.
fn machine() -> String {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut model = about.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim())
    });
    let model = model.next().unwrap_or(std::env::consts::ARCH);
    let mut text = model.to_owned();
    if let Ok(cores) = std::thread::available_parallelism() {
        let _ = write!(text, ", {cores} cores");
    }
    text + ", " + std::env::consts::OS
}

/// The compiler's name and version.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let words: Vec<_> = version.split_whitespace().take(2).collect();
    words.join(" ")
}

/// Today.
fn date() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / 86_400);
    let (year, month, day) = calendar(days);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day that lie so many days after the first of January 1970.
fn calendar(mut days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::{Engine, Report, Timing, calendar, short};

    fn engine(name: &str, level: Option<&str>) -> Engine {
        Engine {
            name: name.into(),
            command: vec![name.into()],
            level: level.map(str::to_owned),
        }
    }

    fn timing(least: f64, loudness: f64) -> Option<Timing> {
        Some(Timing {
            least,
            loudness: Some(loudness),
        })
    }

    #[test]
    fn the_best_run_counts_and_is_compared_with_the_fastest_level() {
        let engines = [
            engine("slow", Some("slow")),
            engine("fast", Some("fast")),
            engine("other", None),
        ];
        let names = ["one", "two", "three"].map(str::to_owned);
        let mut report = Report::new(&engines, &[64], names.into_iter());
        for capture in 0..3 {
            report.add(0, capture, 0, timing(100.0, 0.5));
            report.add(0, capture, 1, timing(60.0, 0.5));
            report.add(0, capture, 1, timing(50.0, 0.5));
        }
        report.add(0, 0, 2, timing(125.0, 0.501));
        report.add(0, 1, 2, timing(40.0, 0.4));
        report.add(0, 2, 2, None);
        let text = report.document(3, 0.5, "stages", &["Other is built with care.".to_owned()]);
        for words in [
            "3 runs of 0.5 seconds",
            "takes with fast",
            "* Other is built with care.",
            "### Blocks of 64",
        ] {
            assert!(text.contains(words), "no {words:?} in\n{text}");
        }
        let rows: Vec<Vec<_>> = text
            .lines()
            .map(|line| {
                line.split('|')
                    .map(str::trim)
                    .filter(|c| !c.is_empty())
                    .collect()
            })
            .collect();
        for row in [
            vec!["one", "50.0", "100", "417", "125 (2.50 x)"],
            vec!["two", "50.0", "100", "417", "40.0 (wrong)"],
            vec!["three", "50.0", "100", "417", "–"],
            vec![
                "other", "64", "2 of 3", "1", "2.50 x", "2.50 x", "2.50 x", "0",
            ],
        ] {
            assert!(rows.contains(&row), "no {row:?} in\n{text}");
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        let shown = [1.2345, 12.345, 123.45, 1234.5].map(short);
        assert_eq!(shown, ["1.23", "12.3", "123", "1234"]);
    }

    #[test]
    fn days_become_dates() {
        assert_eq!(calendar(0), (1970, 1, 1));
        assert_eq!(calendar(11_016), (2000, 2, 29));
        assert_eq!(calendar(20_453), (2025, 12, 31));
    }
}
