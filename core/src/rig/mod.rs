//! The rig as plain values: everything that can be set, and the one table that describes it.

mod choices;
mod parameters;
mod plain_value;
mod saved_settings;
mod settings;
mod text;

pub use choices::{ChoiceOption, OfflineOversampling, Oversampling, Side};
pub use parameters::{Group, Kind, Number, PARAMETERS, Parameter, ParameterId, Taper, Unit};
pub use saved_settings::{ReadSettings, UnreadSettings};
pub use settings::{Buttons, Settings};
