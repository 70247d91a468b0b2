//! Which preset a rig came from, and whether it is another one since.
//!
//! In a project: `"preset": "Live/Verse.gridleak", "setlist": {"file": "Gig.gridleak-setlist", "at": 2}`.

use std::sync::Arc;

use gridleak_core::{PARAMETERS, Parameter, ParameterId};
use serde_json::{Value, json};

use super::saved::Rig;
use crate::session::preset_path::PresetPath;

/// What is played rather than set up: it makes no other rig.
const PLAYED: [ParameterId; 4] = [
    ParameterId::Slot,
    ParameterId::Bypass,
    ParameterId::Tuner,
    ParameterId::InterfaceLevel,
];

/// The preset that a rig came from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CurrentPreset {
    /// Its file, if that is in the preset folder.
    pub(crate) file: Option<PresetPath>,
    /// What it is called.
    pub(crate) name: String,
    /// The rig as the file has it; `None` as long as it was not read.
    pub(crate) rig: Option<Arc<Rig>>,
}

/// A setlist that is being played through, and the place in it that was reached, counted from 0; `None`
/// before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetlistPlace {
    pub(crate) setlist: PresetPath,
    pub(crate) at: Option<usize>,
}

impl CurrentPreset {
    /// A preset in the preset folder.
    pub(crate) fn new(file: PresetPath, rig: Option<Arc<Rig>>) -> Self {
        Self {
            name: file.name(),
            file: Some(file),
            rig,
        }
    }

    /// Reads what [`CurrentPreset::write`] wrote.
    pub(super) fn read(saved: &Value) -> Option<Self> {
        let file = PresetPath::read(saved.as_str()?)?;
        file.is_preset().then(|| Self::new(file, None))
    }

    /// What stands for it in a project; nothing for one from elsewhere.
    pub(super) fn write(&self) -> Option<Value> {
        Some(self.file.as_ref()?.text().into())
    }
}

impl SetlistPlace {
    /// Reads what [`SetlistPlace::write`] wrote.
    pub(super) fn read(saved: &Value) -> Option<Self> {
        let setlist = PresetPath::read(saved.get("file")?.as_str()?)?;
        let at = saved.get("at").and_then(Value::as_u64);
        setlist.is_setlist().then_some(Self {
            setlist,
            at: at.and_then(|at| at.try_into().ok()),
        })
    }

    /// What stands for it in a project.
    pub(super) fn write(&self) -> Value {
        json!({"file": self.setlist.text(), "at": self.at})
    }
}

impl Rig {
    /// Whether it is set up as another one, whatever was found out about their files, and whichever slot
    /// plays.
    pub(crate) fn is_like(&self, other: &Rig) -> bool {
        let is_set_up = |row: &&Parameter| row.is_saved() && !PLAYED.contains(&row.which);
        let mut rows = PARAMETERS.iter().filter(is_set_up);
        let mut slots = self.slots.iter().zip(&other.slots);
        rows.all(|row| row.get(&self.settings) == row.get(&other.settings))
            && slots.all(|(one, other)| one.is_like(other))
    }
}
