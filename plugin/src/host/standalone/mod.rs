//! Gridleak as a program of its own: a window, and sound through the computer's audio devices.

mod bridge;
mod devices;
mod streams;

use std::sync::Arc;

pub(crate) use devices::list;

use self::streams::Playing;
use crate::files::failure::{Failure, Result};
use crate::host::native_window::EditorWindow;
use crate::session::instance::Instance;
use crate::session::message::Message;

/// The devices, and how they are to be used. What is not wished for is as the system has it.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    /// The way to the devices: "jack", "alsa"; "none" plays to nobody.
    pub(crate) backend: Option<String>,
    /// Parts of the names of devices.
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    /// Without sound from outside.
    pub(crate) no_input: bool,
    /// One or two channels of the devices, counted from 0.
    pub(crate) input_channels: Vec<usize>,
    pub(crate) output_channels: Vec<usize>,
    /// In Hz.
    pub(crate) rate: Option<u32>,
    /// In frames.
    pub(crate) block: Option<u32>,
}

/// Plays until the window is closed. `tell` hears what plays, and what goes wrong meanwhile.
///
/// # Errors
/// If no window can be opened. Without sound there is a window that says so.
pub(crate) fn run(wish: &Wish, tell: impl Fn(&str) + Clone + Send + 'static) -> Result<()> {
    if let Some(reason) = EditorWindow::unavailable() {
        let reason = reason.trim_end_matches(", or use this list");
        return Err(Failure::new(reason));
    }
    let (instance, player) = Instance::new();
    let (loader, hears) = (Arc::downgrade(&instance.loader), tell.clone());
    // Whoever has no terminal reads it in the window.
    let trouble = move |text: &str| {
        hears(text);
        if let Some(loader) = loader.upgrade() {
            loader.say(Message::error(text));
        }
    };
    let playing = Playing::start(wish, player, trouble);
    match &playing {
        Ok(playing) => tell(playing.text()),
        Err(failure) => {
            tell(&format!("no sound: {failure}"));
            let text = format!("There is no sound. {failure} Other devices: gridleak play --list");
            instance.loader.say(Message::error(text));
        }
    }
    let window = EditorWindow::new(instance);
    let shown = window.run();
    // First: what plays does not keep the instance.
    drop(playing);
    shown.map_err(Failure::new)
}
