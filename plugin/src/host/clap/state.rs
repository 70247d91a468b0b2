//! Projects, the latency, and whether the host renders.

use std::io::{Read, Write};
use std::sync::atomic::Ordering::Relaxed;

use clack_extensions::latency::PluginLatencyImpl;
use clack_extensions::render::{PluginRenderImpl, RenderMode};
use clack_extensions::state::PluginStateImpl;
use clack_plugin::plugin::PluginError;
use clack_plugin::stream::{InputStream, OutputStream};

use crate::host::clap::Main;
use crate::session::rig::LONGEST;

impl PluginStateImpl for Main<'_> {
    fn save(&self, output: &mut OutputStream<'_>) -> Result<(), PluginError> {
        Ok(output.write_all(&self.shared.instance.save())?)
    }

    fn load(&self, input: &mut InputStream<'_>) -> Result<(), PluginError> {
        let mut state = Vec::new();
        // What is longer is refused for that.
        input.take(LONGEST as u64 + 1).read_to_end(&mut state)?;
        let loaded = self.shared.instance.load(&state);
        loaded.map_err(|failure| PluginError::Error(failure.to_string().into()))
    }
}

impl PluginLatencyImpl for Main<'_> {
    fn get(&self) -> u32 {
        let offline = self.shared.offline.load(Relaxed);
        let latency = self.shared.instance.latency(offline) as u32;
        self.latency.set(latency);
        latency
    }
}

impl PluginRenderImpl for Main<'_> {
    fn has_hard_realtime_requirement(&self) -> bool {
        false
    }

    fn set(&self, mode: RenderMode) -> Result<(), PluginError> {
        let offline = mode == RenderMode::Offline;
        if self.shared.offline.swap(offline, Relaxed) != offline {
            self.shared.instance.loader.set_offline(offline);
        }
        Ok(())
    }
}
