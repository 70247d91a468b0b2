//! What the window system says on X11, where baseview 0.4.2 does not listen: the layout of the keyboard
//! after it was changed, keys that are the host's, and the scale of the screen before there is a window.

use keyboard_types::{Code, Key, KeyState, KeyboardEvent};
use x11rb::connection::Connection as _;
use x11rb::protocol::xkb::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, EventMask, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyButMask, KeyPressEvent,
    ModMask, Window,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{CURRENT_TIME, NONE, resource_manager};
use xkeysym::Keysym;

/// The keyboard that the user types on (`XkbUseCoreKbd`).
const KEYBOARD: u16 = 0x100;

/// Keys that write and keys for functions, in the rows that they stand in, and the number that the first of
/// each row has on every X server of today.
const ROWS: [(u8, &str); 9] = [
    (
        10,
        "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal",
    ),
    (
        24,
        "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight",
    ),
    (
        38,
        "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote",
    ),
    (
        51,
        "Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash",
    ),
    (65, "Space"),
    (67, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10"),
    (94, "IntlBackslash"),
    (95, "F11 F12"),
    (118, "Insert Delete"),
];

fn key_number(code: Code) -> Option<u8> {
    let name = code.to_string();
    ROWS.iter().find_map(|(first, row)| {
        let place = row.split(' ').position(|one| one == name)?;
        Some(first + place as u8)
    })
}

/// The scale of the screen if the desktop has set one; an error in words if there is no screen.
pub(super) fn screen_scale() -> Result<Option<f64>, String> {
    let (connection, _) = x11rb::connect(None).map_err(|error| error.to_string())?;
    let resources =
        resource_manager::new_from_default(&connection).map_err(|error| error.to_string())?;
    let dots = resources.get_value::<f64>("Xft.dpi", "").ok().flatten();
    let scale = dots.map(|dots| dots / 96.0);
    Ok(scale.filter(|scale| (0.5..=8.0).contains(scale)))
}

/// A way to the X server beside that of the window.
pub(super) struct Keys {
    connection: RustConnection,
    /// The host's window that ours is in.
    parent: Option<Window>,
}

impl Keys {
    pub(super) fn new(parent: Option<Window>) -> Option<Self> {
        let (connection, _) = x11rb::connect(None).ok()?;
        let version = connection.xkb_use_extension(1, 0).ok()?;
        version.reply().ok()?;
        Some(Self { connection, parent })
    }

    /// Puts into a key what the layout of this moment writes: baseview knows only the one that there was
    /// when the window was opened.
    pub(super) fn translate(&self, event: &mut KeyboardEvent) {
        if let (Key::Character(_), Some(text)) = (&event.key, self.text(event)) {
            event.key = Key::Character(text);
        }
    }

    fn text(&self, event: &KeyboardEvent) -> Option<String> {
        let number = key_number(event.code)?;
        let state = self.connection.xkb_get_state(KEYBOARD).ok()?;
        let mapping = self.connection.get_keyboard_mapping(number, 1).ok()?;
        let (state, mapping) = (state.reply().ok()?, mapping.reply().ok()?);
        let group = usize::from(u8::from(state.group));
        let has = |modifier: ModMask| u16::from(state.mods) & u16::from(modifier) != 0;
        let (shift, third) = (has(ModMask::SHIFT), has(ModMask::M5));
        text_of(&mapping.keysyms, group, shift, third, has(ModMask::LOCK))
    }

    /// Passes a key on to the host: to the nearest window around ours that listens to keys.
    pub(super) fn pass_on(&self, event: &KeyboardEvent) {
        let (Some(parent), Some(detail)) = (self.parent, key_number(event.code)) else {
            return;
        };
        let (kind, mask) = match event.state {
            KeyState::Down => (KEY_PRESS_EVENT, EventMask::KEY_PRESS),
            KeyState::Up => (KEY_RELEASE_EVENT, EventMask::KEY_RELEASE),
        };
        let Some((window, root)) = self.listener(parent, mask) else {
            return;
        };
        let held = [
            (event.modifiers.shift(), KeyButMask::SHIFT),
            (event.modifiers.ctrl(), KeyButMask::CONTROL),
            (event.modifiers.alt(), KeyButMask::MOD1),
        ];
        let held = held.into_iter().filter(|(held, _)| *held);
        let key = KeyPressEvent {
            response_type: kind,
            detail,
            sequence: 0,
            time: CURRENT_TIME,
            root,
            event: window,
            child: NONE,
            root_x: 0,
            root_y: 0,
            event_x: 0,
            event_y: 0,
            state: held.fold(KeyButMask::default(), |all, (_, one)| all | one),
            same_screen: true,
        };
        let _ = self.connection.send_event(false, window, mask, key);
        let _ = self.connection.flush();
    }

    fn listener(&self, from: Window, mask: EventMask) -> Option<(Window, Window)> {
        let mut window = from;
        loop {
            let asked = self.connection.get_window_attributes(window).ok()?;
            let tree = self.connection.query_tree(window).ok()?.reply().ok()?;
            let events = asked.reply().ok()?.all_event_masks;
            if u32::from(events) & u32::from(mask) != 0 {
                return Some((window, tree.root));
            }
            if tree.parent == NONE || tree.parent == tree.root {
                return None;
            }
            window = tree.parent;
        }
    }
}

/// What a key with such symbols writes. A key that writes nothing by itself, as an accent, gives an
/// empty text.
fn text_of(symbols: &[u32], group: usize, shift: bool, third: bool, lock: bool) -> Option<String> {
    // Two levels of each of the first two groups, then the next two of each.
    let symbol = |group: usize, third: bool, shift: bool| {
        let place = 2 * group + 4 * usize::from(third) + usize::from(shift);
        symbols.get(place).copied().filter(|symbol| *symbol != 0)
    };
    if group > 1 {
        return None;
    }
    let symbol = symbol(group, third, shift)
        .or_else(|| symbol(group, third, false))
        .or_else(|| symbol(0, third, shift))?;
    let text = Keysym::new(symbol).key_char().map(String::from);
    let text = text.unwrap_or_default();
    Some(match (lock, shift) {
        (true, false) => text.to_uppercase(),
        (true, true) => text.to_lowercase(),
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_write_what_the_layout_says() {
        // us, ru, then what German keyboards have with the right Alt.
        let q = [0x71, 0x51, 0x6ca, 0x6ea, 0x40, 0];
        let write = |group, shift, third, lock| text_of(&q, group, shift, third, lock);
        assert_eq!(write(0, false, false, false).unwrap(), "q");
        assert_eq!(write(0, true, false, false).unwrap(), "Q");
        assert_eq!(write(1, false, false, false).unwrap(), "\u{439}");
        assert_eq!(write(0, false, true, false).unwrap(), "@");
        assert_eq!(write(0, true, true, false).unwrap(), "@");
        assert_eq!(write(0, false, false, true).unwrap(), "Q");
        assert_eq!(write(3, false, false, false), None);
        assert_eq!(text_of(&[0xfe51], 0, false, false, false).unwrap(), "");
    }

    #[test]
    fn keys_have_the_numbers_of_x_servers() {
        for (code, number) in [
            (Code::KeyQ, 24),
            (Code::Slash, 61),
            (Code::Space, 65),
            (Code::Backquote, 49),
            (Code::Digit0, 19),
            (Code::F10, 76),
            (Code::F11, 95),
            (Code::Delete, 119),
        ] {
            assert_eq!(key_number(code), Some(number), "{code}");
        }
        assert_eq!(key_number(Code::Escape), None);
    }
}
