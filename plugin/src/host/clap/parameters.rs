//! The table of parameters in CLAP's words.

use std::ffi::CStr;
use std::fmt::Write;

use clack_extensions::params::{
    ParamDisplayWriter, ParamInfo, ParamInfoFlags, ParamInfoWriter, PluginAudioProcessorParams,
    PluginMainThreadParams,
};
use clack_plugin::events::io::{InputEvents, OutputEvents};
use clack_plugin::utils::{ClapId, Cookie};
use gridleak_core::{Kind, PARAMETERS, Parameter, ParameterId};

use crate::host::clap::Main;
use crate::host::clap::events::flush;
use crate::host::clap::process::Processor;

/// What hosts call a parameter.
pub(super) fn clap_id(id: ParameterId) -> ClapId {
    ClapId::new(id.row().number)
}

/// The parameter that hosts call so.
pub(super) fn parameter(id: ClapId) -> Option<ParameterId> {
    ParameterId::from_number(id.get())
}

fn flags(row: &Parameter) -> ParamInfoFlags {
    let number = matches!(row.kind, Kind::Number(_));
    let choice = matches!(row.kind, Kind::Choice(_));
    let mut flags = ParamInfoFlags::empty();
    flags.set(ParamInfoFlags::IS_AUTOMATABLE, row.automatable);
    flags.set(ParamInfoFlags::IS_MODULATABLE, row.automatable && number);
    flags.set(ParamInfoFlags::IS_STEPPED, !number);
    flags.set(ParamInfoFlags::IS_ENUM, choice);
    flags.set(ParamInfoFlags::IS_BYPASS, row.which == ParameterId::Bypass);
    flags.set(
        ParamInfoFlags::IS_READONLY,
        matches!(row.kind, Kind::Readout),
    );
    flags
}

impl PluginMainThreadParams for Main<'_> {
    fn count(&self) -> u32 {
        PARAMETERS.len() as u32
    }

    fn get_info(&self, index: u32, info: &mut ParamInfoWriter<'_>) {
        let Some(row) = PARAMETERS.get(index as usize) else {
            return;
        };
        let range = row.range();
        info.set(&ParamInfo {
            id: clap_id(row.which),
            flags: flags(row),
            cookie: Cookie::empty(),
            name: row.name.as_bytes(),
            module: row.group.name().as_bytes(),
            min_value: f64::from(*range.start()),
            max_value: f64::from(*range.end()),
            default_value: f64::from(row.default()),
        });
    }

    fn get_value(&self, id: ClapId) -> Option<f64> {
        Some(f64::from(self.shared.instance.shown_value(parameter(id)?)))
    }

    fn value_to_text(
        &self,
        id: ClapId,
        value: f64,
        writer: &mut ParamDisplayWriter<'_>,
    ) -> std::fmt::Result {
        let id = parameter(id).ok_or(std::fmt::Error)?;
        writer.write_str(&self.shared.instance.text(id, value as f32))
    }

    fn text_to_value(&self, id: ClapId, text: &CStr) -> Option<f64> {
        let id = parameter(id)?;
        let plain = self.shared.instance.parse(id, text.to_str().ok()?)?;
        Some(f64::from(id.row().clamp(plain)))
    }

    fn flush(&self, input: &InputEvents<'_>, output: &mut OutputEvents<'_>) {
        flush(
            &self.shared.instance,
            &mut self.edits.borrow_mut(),
            input,
            output,
        );
    }
}

impl PluginAudioProcessorParams for Processor<'_> {
    fn flush(&mut self, input: &InputEvents<'_>, output: &mut OutputEvents<'_>) {
        flush(&self.shared.instance, &mut self.edits, input, output);
    }
}
