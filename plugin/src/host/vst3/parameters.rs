//! The parameters that the host sees: the rows of the table, and behind them what MIDI comes in by,
//! since VST3 hosts hand on program changes and controllers as nothing but parameters. The slots are the
//! programs, so a host that knows what a program change is moves that parameter.

use gridleak_core::{Kind, PARAMETERS, Parameter, ParameterId};
use vst3::Steinberg::Vst::{ParameterInfo_::ParameterFlags_::*, *};

use super::text::write_utf16;
use super::units::unit_of;
use crate::session::instance::Instance;

/// The id of program changes as they are; those of the controllers follow.
const FIRST_MIDI: ParamID = 100_000;
/// Program changes, and controllers 0 to 127, of whatever channel.
const MIDI: usize = 129;
/// How many parameters there are.
pub(super) const COUNT: usize = PARAMETERS.len() + MIDI;
/// The highest value in MIDI.
const TOP: f64 = 127.0;

/// What a parameter of the host stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A row of the table.
    Row(ParameterId),
    /// Program changes, from hosts that map them like controllers.
    Program,
    /// A controller.
    Controller(u8),
}

impl Target {
    /// The one at a place in the host's list.
    pub(super) fn at(index: i32) -> Option<Self> {
        let index = usize::try_from(index).ok()?;
        match PARAMETERS.get(index) {
            Some(row) => Some(Self::Row(row.which)),
            None => Self::with_id(FIRST_MIDI + (index - PARAMETERS.len()) as ParamID),
        }
    }

    /// The one that has this id.
    pub(super) fn with_id(id: ParamID) -> Option<Self> {
        match id.wrapping_sub(FIRST_MIDI) {
            0 => Some(Self::Program),
            midi @ 1..=128 => Some(Self::Controller(midi as u8 - 1)),
            _ => ParameterId::from_number(id).map(Self::Row),
        }
    }

    /// What hosts call it.
    pub(super) fn id(self) -> ParamID {
        match self {
            Self::Row(id) => id.row().number,
            Self::Program => FIRST_MIDI,
            Self::Controller(number) => FIRST_MIDI + 1 + ParamID::from(number),
        }
    }

    /// The plain value at a position from 0 to 1. What is no number counts as 0.
    pub(super) fn plain(self, position: f64) -> f32 {
        let position = position.clamp(0.0, 1.0).max(0.0);
        match self {
            Self::Row(id) => id.row().at_position(position as f32),
            _ => (position * TOP).round() as f32,
        }
    }

    /// Where a plain value stands, 0 to 1. What is no number counts as 0.
    pub(super) fn position(self, plain: f64) -> f64 {
        let position = match self {
            Self::Row(id) => id.row().position(plain as f32).into(),
            _ => plain / TOP,
        };
        position.clamp(0.0, 1.0).max(0.0)
    }

    /// The message of MIDI that it is at a position from 0 to 1, if it stands for one.
    pub(super) fn message(self, position: f64) -> Option<[u8; 3]> {
        let value = self.plain(position) as u8;
        match self {
            Self::Row(_) => None,
            Self::Program => Some([0xc0, value, 0]),
            Self::Controller(number) => Some([0xb0, number, value]),
        }
    }

    /// A plain value as people read it; its unit stands elsewhere.
    pub(super) fn text(self, instance: &Instance, plain: f32) -> String {
        let Self::Row(id) = self else {
            return plain.to_string();
        };
        let text = instance.text(id, plain);
        let number = text.strip_suffix(unit(id.row())).unwrap_or(&text);
        number.trim_end().to_owned()
    }

    /// The plain value of what somebody typed.
    pub(super) fn parse(self, instance: &Instance, text: &str) -> Option<f32> {
        match self {
            Self::Row(id) => instance.parse(id, text),
            _ => text.trim().parse().ok(),
        }
    }

    /// All that the host is told of it.
    pub(super) fn describe(self, info: &mut ParameterInfo) {
        info.id = self.id();
        info.units.fill(0);
        (info.stepCount, info.defaultNormalizedValue) = (TOP as i32, 0.0);
        (info.unitId, info.flags) = (kRootUnitId, kIsHidden);
        match self {
            Self::Row(id) => describe_row(id.row(), info),
            Self::Program => write_utf16("MIDI Program", &mut info.title),
            Self::Controller(number) => {
                write_utf16(&format!("MIDI CC {number}"), &mut info.title);
            }
        }
        info.shortTitle = info.title;
    }
}

fn describe_row(row: &Parameter, info: &mut ParameterInfo) {
    write_utf16(row.name, &mut info.title);
    write_utf16(unit(row), &mut info.units);
    (info.stepCount, info.flags) = match &row.kind {
        Kind::Number(_) => (0, kNoFlags),
        Kind::Switch | Kind::Button => (1, kNoFlags),
        Kind::Choice(options) => (options.len() as i32 - 1, kIsList),
        Kind::Readout => (0, kIsReadOnly),
    };
    if row.automatable {
        info.flags |= kCanAutomate;
    }
    if row.which == ParameterId::Bypass {
        info.flags |= kIsBypass;
    }
    info.defaultNormalizedValue = row.position(row.default()).into();
    info.unitId = unit_of(row.group);
    if row.which == ParameterId::Slot {
        // In the unit that has the list of programs.
        (info.unitId, info.flags) = (kRootUnitId, info.flags | kIsProgramChange);
    }
}

/// What hosts write behind a value. What can be off has it in its text: "Off Hz" makes no sense.
fn unit(row: &Parameter) -> &'static str {
    match &row.kind {
        Kind::Number(number) if number.off_at.is_none() => row.unit().text(),
        _ => "",
    }
}
