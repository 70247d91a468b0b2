//! What a VST3 host does with the plugin.

use std::path::Path;
use std::thread;

use vst3_host::audio::AudioBuffers;
use vst3_host::simple;

use crate::{Bundle, Scenario, VST3};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "vst3::churn",
        bundles: VST3,
        run: churn,
    },
    Scenario {
        name: "proof::churn",
        bundles: &[Bundle::Vst3NoPark],
        run: churn,
    },
];

/// Instances come, are automated on another thread, and go while another one stays; then that goes.
fn churn(bundle: &Path) {
    const FRAMES: usize = 512;
    let mut stays = simple::load_plugin(bundle).expect("an instance");
    stays.start_processing().expect("processing");
    for cycle in 0..200 {
        let mut plugin = simple::load_plugin(bundle).expect("an instance");
        let parameters = plugin.get_parameters().expect("parameters");
        let automated: Vec<u32> = parameters.iter().take(3).map(|p| p.id).collect();
        plugin.start_processing().expect("processing");
        let automate = thread::spawn(move || {
            let mut buffers = AudioBuffers::new(2, 2, FRAMES, 44_100.0);
            for block in 0..3 {
                for frame in 0..500 {
                    for &parameter in &automated {
                        let value = f64::from((frame + block + cycle) % 97) / 97.0;
                        plugin
                            .set_parameter_at(parameter, value, frame)
                            .expect("a change");
                    }
                }
                plugin.process_audio(&mut buffers).expect("a block");
            }
            plugin
        });
        drop(automate.join().expect("the audio thread ends well"));
        let mut buffers = AudioBuffers::new(2, 2, FRAMES, 44_100.0);
        stays.process_audio(&mut buffers).expect("a block");
    }
    drop(stays);
}
