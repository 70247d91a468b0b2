//! The window: a picture of a [`View`] and the [`Action`]s that come of it. It knows egui and the plain
//! values of the session; whatever it is the window of is an [`EditorBackend`].

mod capture_panel;
mod coach;
mod context;
mod controls;
mod drop;
mod editor;
mod frame;
mod header;
mod layout;
mod message_bar;
mod midi_learn;
mod own;
mod pages;
mod plain_text;
mod preset_line;
mod resize;
mod slot_bar;
#[cfg(test)]
mod snapshots;
mod status_line;
mod system_fonts;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod theme;
mod view;
mod widgets;
mod words;

pub(crate) use controls::Controls;
pub(crate) use editor::{Editor, EditorBackend};
pub(crate) use layout::{DEFAULT_SIZE, LARGEST_SIZE, SMALLEST_SIZE};
pub(crate) use theme::BACKGROUND;
pub(crate) use view::{Action, View};
