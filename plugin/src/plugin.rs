//! The plugin as hosts know it.

use std::sync::Arc;

use nice_plug::prelude::*;

use crate::parameters::Parameters;

/// An instance of the plugin.
pub struct Gridleak {
    parameters: Arc<Parameters>,
}

impl Default for Gridleak {
    fn default() -> Self {
        Self {
            parameters: Arc::new(Parameters::default()),
        }
    }
}

const fn layout(inputs: u32, outputs: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(inputs),
        main_output_channels: NonZeroU32::new(outputs),
        ..AudioIOLayout::const_default()
    }
}

impl Plugin for Gridleak {
    const NAME: &'static str = "Gridleak";
    const VENDOR: &'static str = "Gridleak";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, 2), layout(1, 2), layout(1, 1)];
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.parameters.clone()
    }

    fn process(
        &mut self,
        _buffer: &mut Buffer<'_>,
        _aux: &mut AuxiliaryBuffers<'_>,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        ProcessStatus::Normal
    }
}

impl ClapPlugin for Gridleak {
    const CLAP_ID: &'static str = "audio.gridleak.gridleak";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Plays Neural Amp Modeler captures");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Distortion,
        ClapFeature::Stereo,
        ClapFeature::Mono,
    ];
}

impl Vst3Plugin for Gridleak {
    const VST3_CLASS_ID: [u8; 16] = *b"GridleakNamPlay1";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Distortion];
}
