//! The ports for sound and MIDI.

use clack_extensions::audio_ports::{
    AudioPortFlags, AudioPortInfo, AudioPortInfoWriter, AudioPortType, PluginAudioPortsImpl,
};
use clack_extensions::audio_ports_config::{
    AudioPortConfigWriter, AudioPortsConfiguration, MainPortInfo, PluginAudioPortsConfigImpl,
    PluginAudioPortsConfigInfoImpl,
};
use clack_extensions::configurable_audio_ports::{
    AudioPortRequest, PluginConfigurableAudioPortsImpl,
};
use clack_extensions::note_ports::{
    NoteDialect, NoteDialects, NotePortInfo, NotePortInfoWriter, PluginNotePortsImpl,
};
use clack_plugin::plugin::PluginError;
use clack_plugin::utils::ClapId;

use crate::host::clap::Main;
use crate::host::description::LAYOUTS;

/// The only port of its kind.
const ONLY: ClapId = ClapId::new(0);

fn write_port(layout: usize, index: u32, is_input: bool, port: &mut AudioPortInfoWriter<'_>) {
    let Some(&(inputs, outputs, _)) = LAYOUTS.get(layout).filter(|_| index == 0) else {
        return;
    };
    let channel_count = if is_input { inputs } else { outputs } as u32;
    port.set(&AudioPortInfo {
        id: ONLY,
        name: if is_input { b"Guitar" } else { b"Amp" },
        channel_count,
        flags: AudioPortFlags::IS_MAIN,
        port_type: AudioPortType::from_channel_count(channel_count),
        in_place_pair: (inputs == outputs).then_some(ONLY),
    });
}

impl PluginAudioPortsImpl for Main<'_> {
    fn count(&self, _is_input: bool) -> u32 {
        1
    }

    fn get(&self, index: u32, is_input: bool, port: &mut AudioPortInfoWriter<'_>) {
        write_port(self.layout.get(), index, is_input, port);
    }
}

impl PluginAudioPortsConfigImpl for Main<'_> {
    fn count(&self) -> u32 {
        LAYOUTS.len() as u32
    }

    fn get(&self, index: u32, configuration: &mut AudioPortConfigWriter<'_>) {
        let Some(&(inputs, outputs, name)) = LAYOUTS.get(index as usize) else {
            return;
        };
        let main = |channels: usize| {
            let channel_count = channels as u32;
            let port_type = AudioPortType::from_channel_count(channel_count);
            Some(MainPortInfo {
                channel_count,
                port_type,
            })
        };
        configuration.write(&AudioPortsConfiguration {
            id: ClapId::new(index),
            name: name.as_bytes(),
            input_port_count: 1,
            output_port_count: 1,
            main_input: main(inputs),
            main_output: main(outputs),
        });
    }

    fn select(&self, id: ClapId) -> Result<(), PluginError> {
        let layout = id.get() as usize;
        if layout >= LAYOUTS.len() {
            return Err(PluginError::Message("there are no such ports"));
        }
        self.layout.set(layout);
        Ok(())
    }
}

impl PluginAudioPortsConfigInfoImpl for Main<'_> {
    fn current_config(&self) -> Option<ClapId> {
        ClapId::from_raw(self.layout.get() as u32)
    }

    fn get(&self, id: ClapId, index: u32, is_input: bool, port: &mut AudioPortInfoWriter<'_>) {
        write_port(id.get() as usize, index, is_input, port);
    }
}

impl Main<'_> {
    /// The layout that a host asks for; what it does not name stays as it is.
    fn requested(&self, requests: &[AudioPortRequest<'_>]) -> Option<usize> {
        let (mut inputs, mut outputs, _) = LAYOUTS[self.layout.get()];
        for request in requests {
            if request.port_index() != 0 {
                return None;
            }
            let channels = request.details().channel_count() as usize;
            *(if request.is_input() {
                &mut inputs
            } else {
                &mut outputs
            }) = channels;
        }
        LAYOUTS
            .iter()
            .position(|layout| (layout.0, layout.1) == (inputs, outputs))
    }
}

impl PluginConfigurableAudioPortsImpl for Main<'_> {
    fn can_apply_configuration(&self, requests: &[AudioPortRequest<'_>]) -> bool {
        self.requested(requests).is_some()
    }

    fn apply_configuration(&self, requests: &[AudioPortRequest<'_>]) -> bool {
        let layout = self.requested(requests);
        if let Some(layout) = layout {
            self.layout.set(layout);
        }
        layout.is_some()
    }
}

impl PluginNotePortsImpl for Main<'_> {
    fn count(&self, is_input: bool) -> u32 {
        is_input.into()
    }

    fn get(&self, index: u32, is_input: bool, port: &mut NotePortInfoWriter<'_>) {
        if index == 0 && is_input {
            port.set(&NotePortInfo {
                id: ONLY,
                name: b"MIDI",
                supported_dialects: NoteDialects::MIDI | NoteDialects::CLAP,
                preferred_dialect: Some(NoteDialect::Midi),
            });
        }
    }
}
