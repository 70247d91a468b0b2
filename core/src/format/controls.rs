//! Knobs: inputs of a capture that hear where a control of the gear stands, not sound.
//!
//! The format has no such thing. Trainers that make captures with knobs say in the metadata what the
//! inputs are: `controls` lists the knobs, each a name or an object with a name, a range (`min`, `max`)
//! and a `default`; `control_channels` says which input is whose, as `input = [audio ; drive ; tone] (0..1)`,
//! as a list of such words, or as a list of input numbers, one for each of `controls`. Either will do.

use super::fields::Field;
use super::json::Value;
use crate::error::{CaptureError, Result};

/// The most knobs that a capture can have.
pub const MAX_CONTROLS: usize = 4;

/// Where knobs stand, each from 0 to 1, in the order of [`crate::Capture::controls`]. Those that a
/// capture does not have are ignored.
pub type KnobPositions = [f32; MAX_CONTROLS];

/// Where a knob stands of which the file does not say where it starts.
const MIDDLE: f32 = 0.5;

/// Longest name, in characters; the rest is cut.
const LONGEST_NAME: usize = 24;

/// What the input of the guitar is called among the others, the clearest first: "input" may be a knob.
const GUITAR: [&str; 6] = ["audio", "guitar", "signal", "di", "input", "in"];

/// A knob of a capture.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Control {
    /// What the capture calls it: one line, not empty.
    pub name: String,
    /// What the net hears at either end.
    pub range: [f32; 2],
    /// Where it stands until somebody turns it, from 0 to 1.
    pub default: f32,
    /// The input that hears it.
    pub(crate) channel: usize,
}

impl Control {
    /// What the net hears where the knob stands at `position`, from 0 to 1.
    pub fn value(&self, position: f64) -> f32 {
        let [from, to] = self.range.map(f64::from);
        (from + position * (to - from)) as f32
    }

    /// Where the knob stands for the net to hear `value`, from 0 to 1.
    pub fn position(&self, value: f32) -> f32 {
        let [from, to] = self.range.map(f64::from);
        ((f64::from(value) - from) / (to - from)).clamp(0.0, 1.0) as f32
    }

    fn new(name: &Field<'_>, range: [f32; 2]) -> Result<Self> {
        Ok(Control {
            name: word(name.text()?).ok_or_else(|| name.invalid("a knob needs a name"))?,
            range,
            default: MIDDLE,
            channel: 0,
        })
    }
}

/// What the inputs of a capture are, of which it has `inputs`: its knobs, in the file's order.
///
/// # Errors
/// [`CaptureError`] if there are several, and the file does not say what they are.
pub(crate) fn read(document: &Field<'_>, inputs: usize) -> Result<Vec<Control>> {
    if inputs == 1 {
        return Ok(Vec::new());
    }
    let unexplained = |problem: String| CaptureError::Inputs(document.place(), problem);
    if inputs > MAX_CONTROLS + 1 {
        return Err(unexplained(format!(
            "it has {inputs} inputs, but a capture can have the guitar's and {MAX_CONTROLS} knobs"
        )));
    }
    let metadata = document.get_some("metadata");
    let member = |key| {
        metadata
            .as_ref()
            .and_then(|metadata| metadata.get_some(key))
    };
    let layout = match member("control_channels") {
        Some(field) => Layout::read(&field, inputs)?,
        None => Layout::default(),
    };
    // A description of where the gear's knobs stood, as is found in the field, names no inputs.
    let listed = member("controls").filter(|field| field.value().as_list().is_some());
    let listed = listed.map(|field| field.list()).transpose()?;
    let count = listed
        .as_ref()
        .map_or(layout.controls.len(), |list| list.len());
    if count + 1 != inputs {
        let named = match count {
            0 => "does not say what they are".to_owned(),
            1 => "names only 1 knob".to_owned(),
            count => format!("names {count} knobs"),
        };
        return Err(unexplained(format!(
            "it has {inputs} inputs, but the file {named}"
        )));
    }
    let mut controls = match listed {
        Some(list) => list
            .map(|item| control(&item, layout.range))
            .collect::<Result<_>>()?,
        None => layout.controls.clone(),
    };
    for (index, control) in controls.iter_mut().enumerate() {
        let alike = |known: &&Control| known.name.eq_ignore_ascii_case(&control.name);
        let named = layout.controls.iter().find(alike);
        control.channel = named.map_or_else(|| layout.channel(index), |known| known.channel);
    }
    // Names that are not those of the layout might leave two knobs on one input.
    let mut channels: Vec<usize> = controls.iter().map(|control| control.channel).collect();
    channels.sort_unstable();
    channels.dedup();
    if channels.len() != controls.len() {
        return Err(same_input(document));
    }
    Ok(controls)
}

fn same_input(at: &Field<'_>) -> CaptureError {
    let problem = "two of its knobs, or the guitar and a knob, would share an input";
    CaptureError::Inputs(at.place(), problem.to_owned())
}

/// The input that is none of the knobs'.
pub(crate) fn guitar(controls: &[Control]) -> usize {
    let taken = |input: &usize| controls.iter().all(|control| control.channel != *input);
    (0..=controls.len()).find(taken).unwrap_or(0)
}

/// Reads a knob. `range`: where it does not give its own.
fn control(item: &Field<'_>, range: [f32; 2]) -> Result<Control> {
    if item.value().as_object().is_none() {
        return Control::new(item, range);
    }
    let number = |keys: [&'static str; 2]| {
        let field = keys.into_iter().find_map(|key| item.get_some(key));
        field.map(|field| field.single()).transpose()
    };
    let least = number(["min", "min_value"])?.unwrap_or(range[0]);
    let most = number(["max", "max_value"])?.unwrap_or(range[1]);
    if least >= most {
        return Err(item.invalid(format!("a knob cannot go from {least} to {most}")));
    }
    let mut control = Control::new(&item.require("name")?, [least, most])?;
    if let Some(value) = number(["default", "default_value"])? {
        control.default = control.position(value);
    }
    Ok(control)
}

/// What `metadata.control_channels` says.
struct Layout {
    /// Named there.
    controls: Vec<Control>,
    /// The inputs of the knobs, in their order, where only numbers are given.
    channels: Vec<usize>,
    range: [f32; 2],
}

impl Default for Layout {
    /// The guitar comes first.
    fn default() -> Self {
        Layout {
            controls: Vec::new(),
            channels: Vec::new(),
            range: [0.0, 1.0],
        }
    }
}

impl Layout {
    fn read(field: &Field<'_>, inputs: usize) -> Result<Self> {
        let mut layout = Layout::default();
        match field.value() {
            Value::Text(text) => {
                layout.range = range(text).unwrap_or(layout.range);
                let words = text
                    .split_once('[')
                    .and_then(|(_, rest)| rest.split_once(']'));
                let words = words.map_or("", |(words, _)| words).split([';', ',', '|']);
                layout.name(field, words.filter_map(word), inputs)?;
            }
            Value::List(items) if items.iter().all(|item| item.as_str().is_some()) => {
                let words = items.iter().filter_map(Value::as_str).filter_map(word);
                layout.name(field, words, inputs)?;
            }
            Value::List(_) => {
                let channels = field.list()?.map(|item| item.size(0, inputs - 1));
                let mut channels = channels.collect::<Result<Vec<_>>>()?;
                // Of all inputs, the first one is the guitar's.
                if channels.len() == inputs {
                    let guitar = channels.remove(0);
                    if channels.contains(&guitar) {
                        return Err(same_input(field));
                    }
                }
                if channels.len() + 1 != inputs {
                    let problem = format!(
                        "it has {inputs} inputs, but this lists {} where it should list those of the knobs",
                        channels.len()
                    );
                    return Err(CaptureError::Inputs(field.place(), problem));
                }
                layout.channels = channels;
            }
            _ => {}
        }
        Ok(layout)
    }

    /// Takes what the inputs are called, in their order; without the guitar it is the first.
    fn name(
        &mut self,
        field: &Field<'_>,
        words: impl Iterator<Item = String>,
        inputs: usize,
    ) -> Result<()> {
        let mut words: Vec<String> = words.take(inputs + 1).collect();
        let guitar = if words.len() + 1 == inputs {
            words.insert(0, GUITAR[0].to_owned());
            0
        } else if words.len() == inputs {
            let called = |name: &&str| words.iter().position(|w| w.eq_ignore_ascii_case(name));
            let guitar = GUITAR.iter().find_map(called);
            guitar.ok_or_else(|| field.invalid("does not say which input is the guitar's"))?
        } else {
            // Only words about something.
            return Ok(());
        };
        let knobs = words.into_iter().enumerate();
        let knobs = knobs.filter(|(channel, _)| *channel != guitar);
        self.controls = knobs
            .map(|(channel, name)| Control {
                name,
                range: self.range,
                default: MIDDLE,
                channel,
            })
            .collect();
        Ok(())
    }

    /// The input of the knob of that number.
    fn channel(&self, index: usize) -> usize {
        let named = self.controls.get(index).map(|control| control.channel);
        let given = named.or_else(|| self.channels.get(index).copied());
        given.unwrap_or(index + 1)
    }
}

/// A range as in `(0..1)`.
fn range(text: &str) -> Option<[f32; 2]> {
    let (before, after) = text.split_once("..")?;
    let part_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let from = before.rsplit(|c| !part_of_number(c)).next()?.parse().ok()?;
    let to = after.split(|c| !part_of_number(c)).next()?.parse().ok()?;
    let range: [f32; 2] = [from, to];
    let sound = range.iter().all(|end| end.is_finite()) && from < to;
    sound.then_some(range)
}

/// A name in one line, without what surrounds it; `None` if nothing is left.
fn word(text: &str) -> Option<String> {
    let line: String = text
        .trim()
        .chars()
        .take(LONGEST_NAME)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
