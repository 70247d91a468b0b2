//! What moves while a recording plays, from a CSV file:
//!
//! ```text
//! seconds,parameter,value
//! # the second verse
//! 12.5,slot,Lead
//! 12.5,input,-3 dB
//! 20,next_slot,on
//! ```

use std::io::Read;
use std::path::Path;

use gridleak_core::{Group, Kind, PARAMETERS, Parameter, ParameterId, ordinary_file};

use super::loaded_rig::LoadedRig;
use super::settings_args::within;
use crate::files::failure::{Failure, Result, plain};
use crate::session::rig::find_slot;

/// The longest file that is read, in bytes: some hundred thousand changes.
const LONGEST: u64 = 8 << 20;

/// What stands between the values of a line, and what may stand in the first.
const HEADER: [&str; 3] = ["seconds", "parameter", "value"];

/// So many characters of a text are shown where it is not understood.
const SHOWN: usize = 40;

/// What a slot is called.
type SlotLabel<'a> = dyn Fn(usize) -> String + 'a;

/// Parameters on their way, in the order in which they move.
#[derive(Debug, Default)]
pub(super) struct Automation(Vec<Event>);

/// A parameter that moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Event {
    seconds: f64,
    pub(super) which: ParameterId,
    pub(super) plain: f32,
    /// Where it stands in the file, counted from 1.
    line: usize,
}

impl Event {
    /// The frame of a recording at which it happens; `rate` in Hz.
    pub(super) fn frame(&self, rate: f64) -> u64 {
        (self.seconds * rate).round() as u64
    }
}

impl Automation {
    /// Reads the file at `path` for a rig whose slots are called so.
    ///
    /// # Errors
    /// In words that name the line.
    pub(super) fn open(path: &Path, label: &SlotLabel<'_>) -> Result<Self> {
        let failed = |e: std::io::Error| Failure::at(path, plain(&e));
        let (file, about) = ordinary_file::open(path).map_err(failed)?;
        let mut text = Vec::new();
        // It may grow meanwhile.
        if about.len() <= LONGEST {
            file.take(LONGEST + 1)
                .read_to_end(&mut text)
                .map_err(failed)?;
        }
        if about.len().max(text.len() as u64) > LONGEST {
            let most = LONGEST >> 20;
            return Err(Failure::at(
                path,
                format_args!("is too long for an automation (at most {most} MB)"),
            ));
        }
        Self::read(&text, label).map_err(|(line, reason)| match line {
            0 => Failure::at(path, reason),
            line => Failure::new(format!("{}, line {line}: {reason}", path.display())),
        })
    }

    /// Reads such a text; what is wrong with which line, if that fails, or with all (0).
    fn read(text: &[u8], label: &SlotLabel<'_>) -> std::result::Result<Self, (usize, String)> {
        let text = std::str::from_utf8(text)
            .map_err(|_| (0, "is no text; save it as CSV in UTF-8".to_owned()))?;
        let mut events = Vec::new();
        let mut first = true;
        let lines = text.trim_start_matches('\u{feff}').lines();
        for (at, line) in lines.enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.splitn(HEADER.len(), ',').map(unquoted).collect();
            let header = std::mem::replace(&mut first, false) && is_header(&fields);
            if !header {
                let event = event(&fields, at + 1, label).map_err(|reason| (at + 1, reason))?;
                events.push(event);
            }
        }
        // Those of one moment stay in their order.
        events.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        Ok(Self(events))
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.0
    }

    /// What of it has no effect, in words: on this rig, and in a recording of so many seconds.
    pub(super) fn notes(&self, rig: &LoadedRig, seconds: f64) -> Vec<String> {
        let mut notes = Vec::new();
        for row in PARAMETERS.iter().filter(|row| !acts(row)) {
            if let Some(event) = self.0.iter().find(|event| event.which == row.which) {
                let (line, id) = (event.line, row.id);
                notes.push(format!("line {line}: {id} has no effect on a recording"));
            }
        }
        for (slot, loaded) in rig.slots.iter().enumerate() {
            let asks =
                |event: &&Event| event.which == ParameterId::Slot && event.plain == slot as f32;
            if loaded.capture.is_none()
                && let Some(event) = self.0.iter().find(asks)
            {
                let (line, why) = (event.line, rig.why_empty(slot));
                notes.push(format!("line {line}: {why}; the sound stays as it is"));
            }
        }
        let late = self.0.iter().find(|event| event.seconds >= seconds);
        notes.extend(late.map(|event| {
            let line = event.line;
            format!("line {line}: the recording ends at {seconds:.2} s, before this")
        }));
        notes
    }
}

/// Whether a parameter does something to what is recorded. Buttons for other files do not: which ones
/// these would be is known to the plugin alone.
fn acts(row: &Parameter) -> bool {
    !matches!(
        row.group,
        Group::Browse | Group::Presets | Group::Riff | Group::Tuner
    )
}

/// A field without the quotes that programs put around one, and without blanks.
fn unquoted(field: &str) -> &str {
    let field = field.trim();
    let inside = field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'));
    inside.unwrap_or(field).trim()
}

fn is_header(fields: &[&str]) -> bool {
    let same = |(field, name): (&&str, &&str)| field.eq_ignore_ascii_case(name);
    fields.len() == HEADER.len() && fields.iter().zip(&HEADER).all(same)
}

/// What the fields of a line say.
fn event(
    fields: &[&str],
    line: usize,
    label: &SlotLabel<'_>,
) -> std::result::Result<Event, String> {
    let &[time, id, value] = fields else {
        return Err("give seconds, a parameter and a value, as in 1.5,slot,2".into());
    };
    let seconds: Option<f64> = time.parse().ok();
    let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let seconds =
        seconds.ok_or_else(|| format!("\"{}\" is no time in seconds, as in 1.5", shown(time)))?;
    let row = PARAMETERS.iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| {
        format!(
            "there is no parameter \"{}\"; `gridleak parameters` lists them by id",
            shown(id)
        )
    })?;
    if !row.automatable {
        return Err(match row.option {
            "" => format!("{id} cannot move while it plays"),
            option => format!("{id} cannot move while it plays; use --{option}"),
        });
    }
    let plain = plain_value(row, value, label)
        .map_err(|advice| format!("\"{}\" is no value of {id}; {advice}", shown(value)))?;
    Ok(Event {
        seconds,
        which: row.which,
        plain,
        line,
    })
}

/// What a text stands for, or what to write instead.
fn plain_value(
    row: &Parameter,
    text: &str,
    label: &SlotLabel<'_>,
) -> std::result::Result<f32, String> {
    match &row.kind {
        _ if row.which == ParameterId::Slot => {
            let found = find_slot(text, label).map(|slot| slot as f32);
            found.ok_or_else(|| "give a number from 1 to 8, or the name of a slot".into())
        }
        Kind::Number(_) | Kind::Readout => within(row, text),
        Kind::Switch | Kind::Button => row.parse(text).ok_or_else(|| "give on or off".into()),
        Kind::Choice(options) => row.parse(text).ok_or_else(|| {
            let ids: Vec<_> = options.iter().map(|option| option.id).collect();
            format!("give one of {}", ids.join(", "))
        }),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Vec<Event>, (usize, String)> {
        Automation::read(text.as_bytes(), &label).map(|read| read.0)
    }

    fn label(slot: usize) -> String {
        match slot {
            2 => "Lead, loud".into(),
            _ => format!("Slot {}", slot + 1),
        }
    }

    fn moved(text: &str) -> Vec<(f64, ParameterId, f32)> {
        let events = read(text).unwrap().into_iter();
        events
            .map(|event| (event.seconds, event.which, event.plain))
            .collect()
    }

    #[test]
    fn values_are_read_as_people_and_programs_write_them() {
        let text = "\u{feff}Seconds, Parameter, Value\r\n\r\n# the verse\r\n\
                    2.5,input, -3,5 dB\r\n\
                    0,slot,lead, LOUD\r\n\
                    1e0, \"slot\" , \"Lead, loud\"\r\n\
                    1,slot,8\r\n\
                    1,next_slot,on\r\n\
                    0.25,gate,Off\r\n\
                    3,cab_mix,35 %\r\n\
                    3,output_mode,Raw\r\n\
                    # not,the,header\r\n";
        use ParameterId::{CabMix, Gate, Input, NextSlot, OutputMode, Slot};
        let wanted = [
            (0.0, Slot, 2.0),
            (0.25, Gate, 0.0),
            // Those of one moment in their order.
            (1.0, Slot, 2.0),
            (1.0, Slot, 7.0),
            (1.0, NextSlot, 1.0),
            (2.5, Input, -3.5),
            (3.0, CabMix, 0.35),
            (3.0, OutputMode, 0.0),
        ];
        assert_eq!(moved(text), wanted);
        assert_eq!(moved(""), []);
        assert_eq!(moved("seconds,parameter,value"), []);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line_and_what_to_write() {
        for (line, words) in [
            ("0", "as in 1.5,slot,2"),
            ("0,slot", "as in 1.5,slot,2"),
            ("0;slot;1", "as in 1.5,slot,2"),
            ("seconds,parameter,value", "no time in seconds"),
            ("-1,slot,1", "no time in seconds"),
            ("nan,slot,1", "no time in seconds"),
            ("inf,slot,1", "no time in seconds"),
            (",slot,1", "no time in seconds"),
            ("0,Slot,1", "gridleak parameters"),
            ("0,,1", "gridleak parameters"),
            ("0,slot,0", "1 to 8, or the name"),
            ("0,slot,9", "1 to 8, or the name"),
            ("0,slot,Verse", "1 to 8, or the name"),
            ("0,input,21", "-20 to 20 dB"),
            ("0,input,nan", "-20 to 20 dB"),
            ("0,input,", "-20 to 20 dB"),
            ("0,gate,loud", "on or off"),
            ("0,next_slot,2", "on or off"),
            ("0,output_mode,loud", "raw, normalized, calibrated"),
            ("0,oversampling,2", "--oversampling"),
            ("0,status,Ready", "cannot move"),
        ] {
            let (number, said) = read(&format!("# one\n0,slot,1\n{line}\n0,slot,2")).unwrap_err();
            assert_eq!(number, 3, "{line}");
            assert!(said.contains(words), "{line}: {said}");
        }
        let long = format!("0,{},1", "x".repeat(10_000));
        assert!(read(&long).unwrap_err().1.len() < 200);
        let bytes = Automation::read(b"0,slot,\xff", &label);
        assert!(bytes.unwrap_err().1.contains("UTF-8"));
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.csv");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        let refusal = Automation::open(&path, &label).unwrap_err().to_string();
        assert!(refusal.contains("long.csv: is too long"), "{refusal}");
    }
}
