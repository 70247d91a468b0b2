//! Copying and pasting. The program that owns what is pasted may take seconds to answer, so a thread of
//! its own asks, one for the whole process. It stays, for what was copied is to be had after the window.

use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use arboard::Clipboard;

use crate::session::module_pin;

/// Longest text that is pasted, in bytes.
const LONGEST: usize = 64 * 1024;

enum Order {
    Copy(String),
    Paste(Box<dyn FnOnce(String) + Send>),
}

/// Puts `text` into the clipboard.
pub(super) fn copy(text: String) {
    order(Order::Copy(text));
}

/// Gives `then` what is in the clipboard, on another thread, if it is text.
pub(super) fn paste(then: impl FnOnce(String) + Send + 'static) {
    order(Order::Paste(Box::new(then)));
}

fn order(order: Order) {
    static ORDERS: OnceLock<Sender<Order>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let (sender, receiver) = channel();
        module_pin::pin();
        // Without a thread, the receiver is gone and nothing is copied.
        let _ = std::thread::Builder::new()
            .name("clipboard".into())
            .spawn(move || serve(&receiver));
        sender
    });
    let _ = orders.send(order);
}

fn serve(orders: &Receiver<Order>) {
    let mut clipboard = None;
    for order in orders {
        if clipboard.is_none() {
            clipboard = Clipboard::new().ok();
        }
        let Some(open) = &mut clipboard else { continue };
        match order {
            Order::Copy(text) => {
                // A screen that has gone may be back the next time.
                if open.set_text(text).is_err() {
                    clipboard = None;
                }
            }
            Order::Paste(then) => {
                if let Ok(mut text) = open.get_text() {
                    text.truncate(text.floor_char_boundary(LONGEST));
                    then(text);
                }
            }
        }
    }
}
