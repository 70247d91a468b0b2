//! What a host saves of the plugin, read and written by hand.

use std::path::Path;

use serde_json::{Value, json};

/// A state in the framework's format: JSON, in CLAP behind its length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Project(pub(crate) Value);

impl Project {
    /// Reads what a CLAP host saved.
    pub(crate) fn from_clap(bytes: &[u8]) -> Self {
        let (length, text) = bytes.split_at(8);
        assert_eq!(length, (text.len() as u64).to_le_bytes());
        Self(serde_json::from_slice(text).expect("JSON"))
    }

    /// What a CLAP host loads.
    pub(crate) fn to_clap(&self) -> Vec<u8> {
        let text = self.0.to_string();
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    /// What a VST3 host loads.
    pub(crate) fn to_vst3(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    /// The reference to the capture.
    pub(crate) fn capture(&self) -> Value {
        self.part("capture")
    }

    /// The reference to a part of the rig.
    pub(crate) fn part(&self, part: &str) -> Value {
        let text = self.0["fields"][part].as_str().expect("a text");
        serde_json::from_str(text).expect("JSON in JSON")
    }

    /// The same with another capture and nothing around it.
    pub(crate) fn playing(&self, capture: &Value) -> Self {
        let off = |project: Self, id| project.set(id, false.into());
        let around = ["gate", "tone", "cab", "dcblk"];
        around.into_iter().fold(self.with("capture", capture), off)
    }

    /// The same with something else as a part of the rig.
    pub(crate) fn with(&self, part: &str, reference: &Value) -> Self {
        let mut project = self.clone();
        project.0["fields"][part] = reference.to_string().into();
        project
    }

    /// The same with a parameter set to a value, in the framework's words for its kind.
    pub(crate) fn set(&self, id: &str, value: Value) -> Self {
        let mut project = self.clone();
        let parameter = &mut project.0["params"][id];
        let kind = parameter.as_object().and_then(|p| p.keys().next().cloned());
        parameter[kind.unwrap_or_else(|| panic!("there is no {id}"))] = value;
        project
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
