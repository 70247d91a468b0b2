//! What the plugin framework (nice-plug 0.4.2) does not do, or does wrong, and how we live with it. Each
//! file names its fault; all of them go with the framework.

pub(crate) mod late_window;
pub(crate) mod project_changes;
pub(crate) mod scaled_size;
pub(crate) mod window_status;
pub(crate) mod window_thread;
pub(crate) mod worker_park;
