//! One instance without host and without window: what it refers to, loads, remembers and takes back.

pub(crate) mod curve;
pub(crate) mod folder;
pub(crate) mod handover;
pub(crate) mod history;
pub(crate) mod host_link;
pub(crate) mod instance;
pub(crate) mod library;
pub(crate) mod loader;
pub(crate) mod message;
pub(crate) mod meters;
pub(crate) mod module_pin;
pub(crate) mod part;
pub(crate) mod player;
pub(crate) mod preferences;
pub(crate) mod preset_path;
pub(crate) mod presets;
pub(crate) mod references;
pub(crate) mod repaint;
pub(crate) mod rig;
pub(crate) mod status;
pub(crate) mod task_thread;
pub(crate) mod thread_end;
