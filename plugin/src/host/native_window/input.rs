//! What the hand and the keyboard do, in egui's words.

use std::path::PathBuf;
use std::sync::Arc;

use baseview::dpi::PhysicalPosition;
use baseview::{DropData, DropEffect, EventStatus, MouseButton, MouseEvent, ScrollDelta};
use baseview::{MouseCursor, WindowEvent};
use egui::{CursorIcon, HoveredFile, PointerButton, Pos2, RawInput, pos2, vec2};
use keyboard_types::{Key, KeyState, KeyboardEvent, Modifiers, NamedKey};

/// What happened since the last picture.
#[derive(Default)]
pub(super) struct Input {
    pub(super) raw: RawInput,
    pointer: Option<Pos2>,
    modifiers: egui::Modifiers,
}

/// What becomes of a key that was pressed or let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    /// It is for the window.
    Own,
    /// It is for the host.
    Hosts,
    /// The text in the clipboard is asked for.
    Paste,
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("files are read by the loader".into())
    }
}

impl Input {
    fn set_modifiers(&mut self, modifiers: Modifiers) {
        let mac = cfg!(target_os = "macos");
        let modifiers = egui::Modifiers {
            alt: modifiers.alt(),
            ctrl: modifiers.ctrl(),
            shift: modifiers.shift(),
            mac_cmd: mac && modifiers.meta(),
            command: if mac {
                modifiers.meta()
            } else {
                modifiers.ctrl()
            },
        };
        if self.modifiers != modifiers {
            self.modifiers = modifiers;
            self.push(egui::Event::ModifiersChanged(modifiers));
        }
    }

    fn push(&mut self, event: egui::Event) {
        self.raw.events.push(event);
    }

    fn point_at(&mut self, at: PhysicalPosition<f64>, pixels_per_point: f32) {
        let at = pos2(at.x as f32, at.y as f32) / pixels_per_point;
        self.pointer = Some(at);
        self.push(egui::Event::PointerMoved(at));
    }

    fn button(&mut self, button: MouseButton, modifiers: Modifiers, pressed: bool) {
        self.set_modifiers(modifiers);
        let button = match button {
            MouseButton::Left => PointerButton::Primary,
            MouseButton::Right => PointerButton::Secondary,
            MouseButton::Middle => PointerButton::Middle,
            _ => return,
        };
        if let Some(pos) = self.pointer {
            self.push(egui::Event::PointerButton {
                pos,
                button,
                pressed,
                modifiers: self.modifiers,
            });
        }
    }

    /// Takes note of what the mouse did.
    pub(super) fn mouse(&mut self, event: MouseEvent, pixels_per_point: f32) -> EventStatus {
        match event {
            MouseEvent::CursorMoved {
                position,
                modifiers,
            } => {
                self.set_modifiers(modifiers);
                self.point_at(position, pixels_per_point);
            }
            MouseEvent::ButtonPressed { button, modifiers } => self.button(button, modifiers, true),
            MouseEvent::ButtonReleased { button, modifiers } => {
                self.button(button, modifiers, false);
            }
            MouseEvent::WheelScrolled { delta, modifiers } => {
                self.set_modifiers(modifiers);
                let (unit, delta) = match delta {
                    ScrollDelta::Lines { x, y } => (egui::MouseWheelUnit::Line, vec2(x, y)),
                    ScrollDelta::Pixels { x, y } => (egui::MouseWheelUnit::Point, vec2(x, y)),
                };
                self.push(egui::Event::MouseWheel {
                    unit,
                    delta,
                    modifiers: self.modifiers,
                    phase: egui::TouchPhase::Move,
                    source: egui::MouseWheelSource::Unknown,
                });
            }
            MouseEvent::DragEntered { position, data, .. }
            | MouseEvent::DragMoved { position, data, .. } => {
                self.point_at(position, pixels_per_point);
                let hovering = |path| HoveredFile {
                    path: Some(path),
                    ..HoveredFile::default()
                };
                self.raw.hovered_files = files(data).map(hovering).collect();
                return accepts(!self.raw.hovered_files.is_empty());
            }
            MouseEvent::CursorLeft | MouseEvent::DragLeft => {
                self.raw.hovered_files.clear();
                self.pointer = None;
                self.push(egui::Event::PointerGone);
            }
            MouseEvent::DragDropped { position, data, .. } => {
                self.point_at(position, pixels_per_point);
                self.raw.hovered_files.clear();
                let dropped = files(data).map(|path| Arc::new(Dropped(path)) as _);
                self.raw.dropped_files = dropped.collect();
                return accepts(!self.raw.dropped_files.is_empty());
            }
            _ => return EventStatus::Ignored,
        }
        EventStatus::Captured
    }

    pub(super) fn window(&mut self, event: &WindowEvent) {
        let focused = match event {
            WindowEvent::Focused => true,
            WindowEvent::Unfocused => false,
            _ => return,
        };
        self.raw.focused = focused;
        self.push(egui::Event::WindowFocused(focused));
    }

    /// Takes note of a key. `typing`: a text is edited; `wants_keys`: something in the window has the
    /// keyboard. The space bar starts and stops the host, unless it is wanted in a text.
    pub(super) fn key(&mut self, event: KeyboardEvent, typing: bool, wants_keys: bool) -> KeyUse {
        self.set_modifiers(event.modifiers);
        let (modifiers, pressed) = (self.modifiers, event.state == KeyState::Down);
        let space = matches!(&event.key, Key::Character(text) if text == " ");
        if space && !typing {
            return KeyUse::Hosts;
        }
        let key = key_of(&event);
        let shortcut = modifiers.command || modifiers.ctrl;
        let clipboard = pressed && modifiers.command && !modifiers.alt;
        match key {
            Some(egui::Key::X) if clipboard => self.push(egui::Event::Cut),
            Some(egui::Key::C) if clipboard => self.push(egui::Event::Copy),
            Some(egui::Key::V) if clipboard => return KeyUse::Paste,
            _ => {
                if let Some(key) = key {
                    self.push(egui::Event::Key {
                        key,
                        physical_key: None,
                        pressed,
                        repeat: event.repeat,
                        modifiers,
                    });
                }
                if let Key::Character(text) = event.key
                    && pressed
                    // The right Alt of many keyboards comes as both.
                    && (!shortcut || modifiers.ctrl && modifiers.alt)
                    && !text.chars().any(char::is_control)
                {
                    self.push(egui::Event::Text(text));
                    if !wants_keys && !key.is_some_and(is_for_slots) {
                        return KeyUse::Hosts;
                    }
                }
                if !wants_keys && key.is_some_and(|key| is_for_host(key, shortcut)) {
                    return KeyUse::Hosts;
                }
            }
        }
        KeyUse::Own
    }
}

/// Whether a key is for the host where nothing in the window has the keyboard: function keys, and
/// shortcuts but those of the window and of egui, which zooms.
fn is_for_host(key: egui::Key, shortcut: bool) -> bool {
    use egui::Key::*;
    match key {
        Insert | Delete | F1 | F2 | F3 | F4 | F5 | F6 | F7 | F8 | F9 | F10 | F11 | F12 => true,
        A | C | F | V | X | Z | Plus | Minus | Equals | Num0 => false,
        _ => shortcut,
    }
}

/// Whether a key goes to a slot, wherever in the window.
fn is_for_slots(key: egui::Key) -> bool {
    use egui::Key::*;
    matches!(key, Num1 | Num2 | Num3 | Num4 | Num5 | Num6 | Num7 | Num8)
}

fn files(data: DropData) -> impl Iterator<Item = PathBuf> {
    let files = match data {
        DropData::Files(files) => files,
        _ => Vec::new(),
    };
    files.into_iter()
}

fn accepts(any: bool) -> EventStatus {
    match any {
        true => EventStatus::AcceptDrop(DropEffect::Copy),
        false => EventStatus::Ignored,
    }
}

/// The key in egui's words: what is written on it, or where that is no Latin letter, where it is.
fn key_of(event: &KeyboardEvent) -> Option<egui::Key> {
    let text = match &event.key {
        Key::Named(name) => {
            return match name {
                NamedKey::ArrowDown => Some(egui::Key::ArrowDown),
                NamedKey::ArrowLeft => Some(egui::Key::ArrowLeft),
                NamedKey::ArrowRight => Some(egui::Key::ArrowRight),
                NamedKey::ArrowUp => Some(egui::Key::ArrowUp),
                name => egui::Key::from_name(&name.to_string()),
            };
        }
        Key::Character(text) if text == " " => return Some(egui::Key::Space),
        Key::Character(text) if text.is_ascii() && !text.is_empty() => text.to_uppercase(),
        Key::Character(_) => {
            let code = event.code.to_string();
            let letter = code.strip_prefix("Key").or(code.strip_prefix("Digit"))?;
            letter.to_owned()
        }
    };
    egui::Key::from_name(&text)
}

/// The shape of the pointer.
pub(super) fn cursor(icon: CursorIcon) -> MouseCursor {
    use CursorIcon::*;
    match icon {
        PointingHand | ContextMenu | Grab => MouseCursor::Hand,
        Grabbing => MouseCursor::HandGrabbing,
        Help => MouseCursor::Help,
        Progress | Wait => MouseCursor::Working,
        Crosshair | Cell => MouseCursor::Crosshair,
        Text | VerticalText => MouseCursor::Text,
        Copy | Alias => MouseCursor::Copy,
        Move | AllScroll => MouseCursor::Move,
        NoDrop | NotAllowed => MouseCursor::NotAllowed,
        None => MouseCursor::Hidden,
        ResizeHorizontal | ResizeEast | ResizeWest | ResizeColumn => MouseCursor::EwResize,
        ResizeVertical | ResizeNorth | ResizeSouth | ResizeRow => MouseCursor::NsResize,
        ResizeNeSw | ResizeNorthEast | ResizeSouthWest => MouseCursor::NeswResize,
        ResizeNwSe | ResizeSouthEast | ResizeNorthWest => MouseCursor::NwseResize,
        _ => MouseCursor::Default,
    }
}

#[cfg(test)]
mod tests {
    use keyboard_types::Code;

    use super::*;

    #[test]
    fn keys_that_nothing_wants_are_the_hosts() {
        let mut input = Input::default();
        let mut press = |key: &str, held, typing, wants_keys| {
            let event = KeyboardEvent {
                state: KeyState::Down,
                key: key.parse().expect("a key"),
                code: Code::Unidentified,
                modifiers: held,
                ..KeyboardEvent::default()
            };
            input.key(event, typing, wants_keys)
        };
        let (none, ctrl) = (Modifiers::empty(), Modifiers::CONTROL);
        let command = match cfg!(target_os = "macos") {
            true => Modifiers::META,
            false => ctrl,
        };
        for (key, held) in [("s", command), ("F5", none), ("Delete", none), ("r", none)] {
            assert_eq!(press(key, held, false, false), KeyUse::Hosts, "{key}");
            assert_eq!(press(key, held, false, true), KeyUse::Own, "{key}");
        }
        for (key, held) in [
            ("z", command),
            ("f", command),
            ("3", none),
            ("Tab", none),
            ("Enter", none),
        ] {
            assert_eq!(press(key, held, false, false), KeyUse::Own, "{key}");
        }
        assert_eq!(press(" ", none, false, true), KeyUse::Hosts);
        assert_eq!(press(" ", none, true, true), KeyUse::Own);
    }
}
