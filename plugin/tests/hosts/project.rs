//! What a host saves of the plugin, read and written by hand.

use std::path::Path;

use serde_json::{Value, json};

/// A rig as JSON, the same in both formats.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Project(pub(crate) Value);

impl Project {
    /// Reads what a host saved.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).expect("JSON"))
    }

    /// What a host loads.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    /// The reference to the capture.
    pub(crate) fn capture(&self) -> Value {
        self.part("capture")
    }

    /// The reference to a part of the rig.
    pub(crate) fn part(&self, part: &str) -> Value {
        let (slot, key) = place(part);
        self.0["slots"][slot][key].clone()
    }

    /// The same with another capture and nothing around it.
    pub(crate) fn playing(&self, capture: &Value) -> Self {
        let off = |project: Self, id| project.set(id, false.into());
        let around = ["gate", "tone", "cab", "dc_blocker"];
        around.into_iter().fold(self.with("capture", capture), off)
    }

    /// The same with something else as a part of the rig.
    pub(crate) fn with(&self, part: &str, reference: &Value) -> Self {
        let (slot, key) = place(part);
        let mut project = self.clone();
        let slots = project.0["slots"].as_array_mut().expect("slots");
        if slots.len() <= slot {
            slots.resize(slot + 1, json!({}));
        }
        slots[slot][key] = reference.clone();
        project
    }

    /// The value of a parameter.
    pub(crate) fn setting(&self, id: &str) -> Value {
        self.0["settings"][id].clone()
    }

    /// The same with a parameter set to a value.
    pub(crate) fn set(&self, id: &str, value: Value) -> Self {
        let mut project = self.clone();
        let setting = project.0["settings"].get_mut(id);
        *setting.unwrap_or_else(|| panic!("there is no {id}")) = value;
        project
    }
}

/// Where a part stands: `capture_b` is the capture of the second slot.
fn place(part: &str) -> (usize, &str) {
    match part {
        "capture_b" => (1, "capture"),
        part => (0, part),
    }
}

/// The reference to a file of which nothing is known yet.
pub(crate) fn file(path: &Path) -> Value {
    json!({"version": 1, "path": path})
}

/// The reference to a sound that is built in.
pub(crate) fn builtin(name: &str) -> Value {
    json!({"version": 1, "builtin": name})
}
