//! What the loader has said of the impulse responses that play.

use gridleak_core::ImpulseResponse;

use super::Loader;
use super::load::title;
use crate::files::impulse_file;
use crate::session::message::Message;
use crate::session::part::Part;

/// The parts that are impulse responses.
const PARTS: [Part; 2] = [Part::Cab, Part::SecondCab];

/// What is worth knowing of both responses as they play together, in sentences.
pub(super) fn remarks(loader: &Loader, responses: [Option<&ImpulseResponse>; 2]) -> [String; 2] {
    let [first, second] = responses;
    let of = |part: Part, response: Option<&ImpulseResponse>, other| {
        let title = title(&loader.rig.slot(part).current().1);
        let remarks = response.map(|response| impulse_file::remarks(&title, response, other));
        let sentences = remarks.into_iter().flatten().map(|remark| remark + ".");
        sentences.collect::<Vec<_>>().join(" ")
    };
    [of(PARTS[0], first, second), of(PARTS[1], second, first)]
}

/// What was last said of each response.
#[derive(Default)]
pub(super) struct Told([Said; 2]);

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
        generations: [Option<u64>; 2],
        remarks: [String; 2],
    ) {
        let new = generations.into_iter().zip(remarks);
        for ((said, (of, text)), part) in self.0.iter_mut().zip(new).zip(PARTS) {
            let is_same = said.of == of;
            let read = is_same && said.text == text && said.read;
            let before = std::mem::replace(said, Said { of, text, read });
            if read {
                continue;
            }
            let mut shown = loader.shown.lock();
            let shown = &mut shown.parts[part.index()].message;
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
        for (said, of) in self.0.iter_mut().zip(PARTS) {
            said.read |= of == part;
        }
    }
}
