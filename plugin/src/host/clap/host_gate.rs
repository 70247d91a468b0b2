//! The way to the host for threads that may outlive the plugin in it.

use std::sync::Arc;

use clack_plugin::host::HostSharedHandle;
use parking_lot::RwLock;

/// The host, until the plugin is taken out of it: a window that closes and a loader that ends may have
/// something to ask a moment later.
pub(super) struct HostGate(RwLock<Option<HostSharedHandle<'static>>>);

impl HostGate {
    pub(super) fn new(host: HostSharedHandle<'_>) -> Arc<Self> {
        // SAFETY: nobody gets at the handle but through `with`, and that finds none once `shut` has
        // returned, which the main thread's part waits for while its host is still there.
        let host = unsafe { host.with_arbitrary_lifetime() };
        Arc::new(Self(RwLock::new(Some(host))))
    }

    /// Asks the host for something that any thread may ask for.
    pub(super) fn with(&self, ask: impl FnOnce(&HostSharedHandle<'_>)) {
        // A host may answer at once, on the same thread, with what leads here again.
        if let Some(host) = &*self.0.read_recursive() {
            ask(host);
        }
    }

    /// Waits for those who ask, and lets nobody ask any more.
    pub(super) fn shut(&self) {
        *self.0.write() = None;
    }
}
