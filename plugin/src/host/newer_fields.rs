//! What a project holds that this version does not know: kept as it is, and saved again.
//!
//! The framework hands a state's fields over one by one and forgets those that nobody asks for. These
//! ask for the rest. (It tells of no other keys of a state than `version`, `params` and `fields`, and it
//! saves no parameters but those of this version.)

use std::collections::BTreeMap;

use nice_plug::prelude::*;
use parking_lot::Mutex;

use crate::session::part::Part;

/// The field through which a checked state tells the instance what there is to say of it. No project
/// holds it: [`crate::host::incoming_state`] takes out what it finds there.
pub(crate) const NOTICE: &str = "gridleak:notice";

/// Fields of a project that this version does not know, and what there is to say of the project.
#[derive(Debug, Default)]
pub(crate) struct NewerFields(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    fields: BTreeMap<String, String>,
    notice: Option<String>,
}

/// Whether this version knows what the field of this name is.
pub(crate) fn is_known(field: &str) -> bool {
    Part::ALL.iter().any(|part| part.field() == field)
}

impl NewerFields {
    /// What there is to say of the project that was loaded last, until it was read.
    pub(crate) fn notice(&self) -> Option<String> {
        self.0.lock().notice.clone()
    }

    /// It was read.
    pub(crate) fn dismiss(&self) {
        self.0.lock().notice = None;
    }
}

// SAFETY: there are no parameters, so no pointer to one is handed out.
unsafe impl Params for NewerFields {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        Vec::new()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        self.0.lock().fields.clone()
    }

    /// Takes what is left of all fields of a state.
    fn deserialize_fields(&self, all: &BTreeMap<String, String>) {
        let notice = all.get(NOTICE).cloned();
        let unknown = all
            .iter()
            .filter(|(field, _)| !is_known(field) && *field != NOTICE);
        let fields = unknown
            .map(|(field, text)| (field.clone(), text.clone()))
            .collect();
        // What was held before is freed behind the lock.
        let _before = std::mem::replace(&mut *self.0.lock(), Held { fields, notice });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::parameters::Parameters;
    use crate::session::references::PartSlot;

    fn parameters() -> Parameters {
        Parameters::new(Part::ALL.map(|part| PartSlot::new(part, || {})))
    }

    #[test]
    fn the_parts_are_all_that_is_known() {
        let saved = parameters().serialize_fields();
        assert_eq!(saved.len(), Part::ALL.len());
        assert!(saved.keys().all(|field| is_known(field)), "{saved:?}");
    }

    #[test]
    fn what_a_newer_version_wrote_is_saved_again() {
        let newer = parameters();
        let mut project = newer.serialize_fields();
        for (field, text) in [("cab3", r#"{"version":2,"path":"/x.wav"}"#), ("odd", "][")] {
            project.insert(field.into(), text.into());
        }
        newer.deserialize_fields(&project);
        assert_eq!(newer.serialize_fields(), project);
        // Another project has none of it.
        let other = parameters().serialize_fields();
        newer.deserialize_fields(&other);
        assert_eq!(newer.serialize_fields(), other);
    }

    #[test]
    fn what_is_to_be_said_is_no_part_of_the_project() {
        let parameters = parameters();
        let mut project = parameters.serialize_fields();
        project.insert(NOTICE.into(), "Look here.".into());
        parameters.deserialize_fields(&project);
        assert_eq!(parameters.newer.notice().as_deref(), Some("Look here."));
        assert!(!parameters.serialize_fields().contains_key(NOTICE));
        parameters.newer.dismiss();
        assert_eq!(parameters.newer.notice(), None);
    }
}
