//! One instance without host and without window: what it refers to, loads, remembers and takes back.
//!
//! The command line, which is built without the rest, knows rigs, their parts and references, and presets.

#[cfg(feature = "plugin")]
pub(crate) mod curve;
pub(crate) mod folder;
#[cfg(feature = "plugin")]
pub(crate) mod handover;
#[cfg(feature = "plugin")]
pub(crate) mod history;
#[cfg(feature = "plugin")]
pub(crate) mod host_link;
#[cfg(feature = "plugin")]
pub(crate) mod instance;
#[cfg(feature = "plugin")]
pub(crate) mod library;
#[cfg(feature = "plugin")]
pub(crate) mod loader;
#[cfg(feature = "plugin")]
pub(crate) mod match_levels;
#[cfg(feature = "plugin")]
pub(crate) mod message;
#[cfg(feature = "plugin")]
pub(crate) mod meters;
pub(crate) mod midi;
#[cfg(feature = "plugin")]
pub(crate) mod module_pin;
pub(crate) mod part;
#[cfg(feature = "plugin")]
pub(crate) mod player;
#[cfg(feature = "plugin")]
pub(crate) mod preferences;
pub(crate) mod preset_path;
pub(crate) mod presets;
pub(crate) mod references;
#[cfg(feature = "plugin")]
pub(crate) mod repaint;
pub(crate) mod rig;
#[cfg(feature = "plugin")]
pub(crate) mod status;
#[cfg(feature = "plugin")]
pub(crate) mod task_thread;
#[cfg(feature = "plugin")]
pub(crate) mod thread_end;
