//! The rig as plain values: everything that can be set, and the one table that describes it.

mod choices;
mod parameters;
mod plain_value;
mod saved_settings;
mod settings;
mod slot_knob;
mod slot_settings;
mod stage_settings;
mod text;

pub use choices::{ChoiceOption, OfflineOversampling, OutputMode, Oversampling, Source};
pub use parameters::{Group, Kind, Number, PARAMETERS, Parameter, ParameterId, Taper, Unit};
pub use saved_settings::{ReadSettings, UnreadSettings};
pub use settings::{Buttons, Settings};
pub use slot_knob::SlotKnob;
pub use slot_settings::{OwnGroup, OwnGroups, SLOTS, SlotSettings, SwitchSettings};
pub use stage_settings::{
    CabSettings, GateSettings, LevelSettings, RiffSettings, ToneSettings, TunerSettings,
};
