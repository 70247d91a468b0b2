//! What is shown of MIDI until the session says it.

use gridleak_core::ParameterId;

#[derive(Debug, Clone, Default)]
pub(crate) struct MidiStatus {
    pub(crate) waits: Option<ParameterId>,
    pub(crate) controllers: Vec<(u8, ParameterId)>,
}

impl MidiStatus {
    pub(crate) fn cc_of(&self, which: ParameterId) -> Option<u8> {
        let mut all = self.controllers.iter();
        all.find(|(_, to)| *to == which).map(|(cc, _)| *cc)
    }
}
