//! Stand-in.
#![allow(dead_code, missing_docs)]
use crate::session::instance::Instance;
use std::ffi::c_void;
use std::sync::Arc;
pub(crate) struct EditorWindow(Arc<Instance>);
impl EditorWindow {
    pub(crate) fn new(instance: Arc<Instance>) -> Self {
        Self(instance)
    }
    pub(crate) fn unavailable() -> Option<&'static str> {
        None
    }
    pub(crate) fn set_scale(&self, _scale: f64) -> bool {
        true
    }
    pub(crate) fn size(&self) -> (u32, u32) {
        (900, 600)
    }
    pub(crate) fn limits(&self) -> ((u32, u32), (u32, u32)) {
        ((600, 400), (2000, 2000))
    }
    pub(crate) fn adjust(&self, w: u32, h: u32) -> (u32, u32) {
        (w.clamp(600, 2000), h.clamp(400, 2000))
    }
    pub(crate) fn set_size(&self, _w: u32, _h: u32) -> bool {
        true
    }
    pub(crate) fn open(&self, _parent: *mut c_void) -> Result<(), String> {
        Ok(())
    }
    pub(crate) fn show(&self) {}
    pub(crate) fn hide(&self) {}
    pub(crate) fn is_open(&self) -> bool {
        false
    }
    pub(crate) fn close(&self) {}
    pub(crate) fn on_resize_wanted(&self, _ask: Box<dyn Fn(u32, u32) + Send + Sync>) {}
}
