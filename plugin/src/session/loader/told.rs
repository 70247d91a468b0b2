//! What the loader has said of the impulse responses that play.

use gridleak_core::{ImpulseResponse, SLOTS};

use super::Loader;
use super::load::title;
use super::worker::CABS;
use crate::files::impulse_file;
use crate::session::message::Message;
use crate::session::part::Part;

/// What is worth knowing of both responses of a slot as they play together, in sentences.
pub(super) fn remarks(
    loader: &Loader,
    slot: usize,
    responses: [Option<&ImpulseResponse>; 2],
) -> [String; 2] {
    let [first, second] = responses;
    let of = |kind, response: Option<&ImpulseResponse>, other| {
        let title = title(&loader.rig.part(Part::new(slot, kind)).current().1);
        let remarks = response.map(|response| impulse_file::remarks(&title, response, other));
        let sentences = remarks.into_iter().flatten().map(|remark| remark + ".");
        sentences.collect::<Vec<_>>().join(" ")
    };
    [of(CABS[0], first, second), of(CABS[1], second, first)]
}

/// What was last said of each response.
#[derive(Default)]
pub(super) struct Told([[Said; 2]; SLOTS]);

#[derive(Default)]
struct Said {
    /// The generation of the reference that it was said of; `None` for what no project means.
    of: Option<u64>,
    text: String,
    /// Whether the user has read it and wants to see it no more.
    read: bool,
}

impl Told {
    /// Says what is worth knowing: until it was read, and anew when it changes, as it may with what a
    /// response is blended with.
    pub(super) fn tell(
        &mut self,
        loader: &Loader,
        slot: usize,
        generations: [Option<u64>; 2],
        remarks: [String; 2],
    ) {
        let new = generations.into_iter().zip(remarks);
        for ((said, (of, text)), kind) in self.0[slot].iter_mut().zip(new).zip(CABS) {
            let is_same = said.of == of;
            let read = is_same && said.text == text && said.read;
            let before = std::mem::replace(said, Said { of, text, read });
            if read {
                continue;
            }
            let mut shown = loader.shown.lock();
            let shown = &mut shown.parts[Part::new(slot, kind).index()].message;
            let mut message = shown.take().unwrap_or(Message::notice(""));
            // What was said of where it was found stays; what no longer holds does not.
            if is_same && let Some(rest) = message.text.strip_suffix(before.text.as_str()) {
                message.text.truncate(rest.len());
            }
            message.text = format!("{} {}", message.text.trim_end(), said.text)
                .trim()
                .into();
            *shown = (!message.text.is_empty()).then_some(message);
            loader.repaint.request();
        }
    }

    /// Takes what was said of a part for read.
    pub(super) fn was_read(&mut self, part: Part) {
        for (said, kind) in self.0[part.slot()].iter_mut().zip(CABS) {
            said.read |= kind == part.kind();
        }
    }
}
