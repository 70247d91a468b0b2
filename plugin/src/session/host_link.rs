//! The way from an instance to its host, whatever that is: what is asked of it, and what a hand does to
//! parameters in the window.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use gridleak_core::{PARAMETERS, ParameterId};
use parking_lot::Mutex;
use rtrb::{Consumer, Producer, RingBuffer};

/// Edits that may wait for the host to take them. A hand makes some hundred a second.
const EDITS: usize = 4096;

/// What a hand does to a parameter. The instance has the value already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edit {
    /// It takes hold of it.
    Begin(ParameterId),
    /// It moves it to this plain value.
    Set(ParameterId, f32),
    /// It lets go.
    End(ParameterId),
}

/// What is asked of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// To take the edits that wait.
    Edits,
    /// To know that the project was changed other than by a parameter.
    ProjectChanged,
    /// To stop the audio and start it again: the latency is another one.
    Restart,
    /// To ask for the texts of parameters again.
    Texts,
    /// To ask for the values of parameters again.
    Values,
}

/// What was asked of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requests(u32);

impl Requests {
    pub(crate) fn has(self, request: Request) -> bool {
        self.0 & request.bit() != 0
    }
}

impl Request {
    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What an instance and the shell around it share.
pub(crate) struct HostLink {
    asked: AtomicU32,
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
    to_host: Mutex<ToHost>,
    from_window: Mutex<Consumer<Edit>>,
    /// The parameters that the audio thread moved and the host has not heard of, as bits.
    moved: AtomicU64,
}

const _: () = assert!(PARAMETERS.len() <= u64::BITS as usize);

struct ToHost {
    edits: Producer<Edit>,
    /// The last move for which there was no room.
    left_out: Option<Edit>,
    /// Gestures for which there was none, until they end: the host asks for all values instead.
    refused: Vec<ParameterId>,
}

impl ToHost {
    /// Adds an edit; says whether it belongs to a gesture that is refused.
    fn add(&mut self, edit: Edit) -> bool {
        let (Edit::Begin(which) | Edit::Set(which, _) | Edit::End(which)) = edit;
        let room = self.edits.slots();
        match edit {
            Edit::Begin(_) if room <= EDITS / 4 => self.refused.push(which),
            _ if !self.refused.contains(&which) => {
                if matches!(edit, Edit::Set(..)) && room <= EDITS / 2 {
                    self.left_out = Some(edit);
                    return false;
                }
                for edit in self.left_out.take().into_iter().chain([edit]) {
                    let _sent = self.edits.push(edit);
                }
                return false;
            }
            Edit::End(_) => self.refused.retain(|refused| *refused != which),
            _ => {}
        }
        true
    }
}

impl Default for HostLink {
    fn default() -> Self {
        let (edits, from_window) = RingBuffer::new(EDITS);
        let to_host = ToHost {
            edits,
            left_out: None,
            refused: Vec::new(),
        };
        Self {
            asked: AtomicU32::new(0),
            wake: OnceLock::new(),
            to_host: Mutex::new(to_host),
            from_window: Mutex::new(from_window),
            moved: AtomicU64::new(0),
        }
    }
}

impl HostLink {
    /// Says how the host is woken when something is asked of it. Only the first counts.
    pub(crate) fn set_wake(&self, wake: impl Fn() + Send + Sync + 'static) {
        let _first = self.wake.set(Box::new(wake));
    }

    /// Asks something of the host. Not for the audio thread.
    pub(crate) fn ask(&self, request: Request) {
        self.asked.fetch_or(request.bit(), Ordering::AcqRel);
        if let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// Takes back what was asked and not heard yet.
    pub(crate) fn forget(&self, request: Request) {
        self.asked.fetch_and(!request.bit(), Ordering::AcqRel);
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Requests {
        Requests(self.asked.swap(0, Ordering::AcqRel))
    }

    /// Hands on what a hand does. Not for the audio thread. If the host has taken none for long, moves are
    /// left out: it hears where the knob ends.
    pub(crate) fn edit(&self, edit: Edit) {
        let mut to_host = self.to_host.lock();
        let refused = to_host.add(edit);
        drop(to_host);
        self.ask(if refused {
            Request::Values
        } else {
            Request::Edits
        });
    }

    /// Takes note that the audio thread moved a parameter. Never waits; the host hears of it by
    /// [`HostLink::forward_edits`].
    pub(crate) fn edit_soon(&self, which: ParameterId) {
        self.moved.fetch_or(1 << which as u32, Ordering::Release);
    }

    /// Hands on what the audio thread moved, with the values that it has now. Not for the audio thread.
    pub(crate) fn forward_edits(&self, value: impl Fn(ParameterId) -> f32) {
        if self.moved.load(Ordering::Relaxed) == 0 {
            return;
        }
        let moved = self.moved.swap(0, Ordering::Acquire);
        for which in PARAMETERS.iter().map(|row| row.which) {
            if moved & 1 << which as u32 != 0 {
                self.edit(Edit::Begin(which));
                self.edit(Edit::Set(which, value(which)));
                self.edit(Edit::End(which));
            }
        }
    }

    /// Leaves out the moves that the host has not heard of yet; what is held is let go all the same.
    pub(crate) fn forget_moves(&self) {
        self.moved.store(0, Ordering::Relaxed);
        let mut to_host = self.to_host.lock();
        let mut waiting = self.from_window.lock();
        let kept: Vec<Edit> = std::iter::from_fn(|| waiting.pop().ok())
            .filter(|edit| !matches!(edit, Edit::Set(..)))
            .collect();
        to_host.left_out = None;
        for edit in kept {
            let _sent = to_host.edits.push(edit);
        }
    }

    /// The next edit to tell the host of. Never waits.
    pub(crate) fn next_edit(&self) -> Option<Edit> {
        self.from_window.try_lock()?.pop().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_asked_is_heard_once() {
        let link = HostLink::default();
        let woken = Arc::new(AtomicU32::new(0));
        let count = woken.clone();
        link.set_wake(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        link.ask(Request::Restart);
        link.ask(Request::ProjectChanged);
        link.forget(Request::ProjectChanged);
        let asked = link.take();
        assert!(asked.has(Request::Restart) && !asked.has(Request::ProjectChanged));
        assert!(!link.take().has(Request::Restart));
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn edits_come_in_order_and_letting_go_is_never_lost() {
        let link = HostLink::default();
        let knob = ParameterId::Input;
        link.edit(Edit::Begin(knob));
        for step in 0..3 * EDITS {
            link.edit(Edit::Set(knob, step as f32));
        }
        link.edit(Edit::End(knob));
        assert_eq!(link.next_edit(), Some(Edit::Begin(knob)));
        assert_eq!(link.next_edit(), Some(Edit::Set(knob, 0.0)));
        let rest: Vec<_> = std::iter::from_fn(|| link.next_edit()).collect();
        let last = Edit::Set(knob, (3 * EDITS - 1) as f32);
        assert_eq!(rest[rest.len() - 2..], [last, Edit::End(knob)]);
        // Whole gestures are left out, when nobody takes any for long.
        for _ in 0..EDITS {
            link.edit(Edit::Begin(knob));
            link.edit(Edit::End(knob));
        }
        assert!(link.take().has(Request::Values));
        let all: Vec<_> = std::iter::from_fn(|| link.next_edit()).collect();
        let begun = all.iter().filter(|edit| matches!(edit, Edit::Begin(_)));
        assert_eq!(
            (2 * begun.count(), all.last()),
            (all.len(), Some(&Edit::End(knob)))
        );
        // Another project: what is held is let go, and nothing else.
        for edit in [Edit::Begin(knob), Edit::Set(knob, 1.0), Edit::End(knob)] {
            link.edit(edit);
        }
        link.forget_moves();
        let left: Vec<_> = std::iter::from_fn(|| link.next_edit()).collect();
        assert_eq!(left, [Edit::Begin(knob), Edit::End(knob)]);
    }

    #[test]
    fn what_the_audio_thread_moves_is_handed_on_as_whole_gestures_with_the_newest_value() {
        let link = HostLink::default();
        let edits =
            |link: &HostLink| -> Vec<_> { std::iter::from_fn(|| link.next_edit()).collect() };
        for which in [ParameterId::Slot, ParameterId::Bass, ParameterId::Slot] {
            link.edit_soon(which);
        }
        assert_eq!(edits(&link), []);
        link.forward_edits(|which| which as u32 as f32);
        let gesture = |which| {
            let set = Edit::Set(which, which as u32 as f32);
            [Edit::Begin(which), set, Edit::End(which)]
        };
        let both = [gesture(ParameterId::Slot), gesture(ParameterId::Bass)].concat();
        assert_eq!(edits(&link), both);
        assert!(link.take().has(Request::Edits));
        link.forward_edits(|_| 0.0);
        assert_eq!(edits(&link), []);
    }
}
