//! Captures on their way to the audio thread and back, without a lock: two queues of the crate rtrb,
//! whose operations are wait-free. What the audio thread is done with is dropped by the loader.

use gridleak_core::{Amp, Chain};
use rtrb::{Consumer, Producer, RingBuffer};

/// Captures that may be on their way to the audio thread.
const COMING: usize = 4;

/// Captures that may be on their way back. The audio thread takes nothing new unless there is room
/// for all that this could leave it with.
const GOING: usize = 8;

/// The audio thread's end.
pub(crate) struct AudioEnd {
    coming: Consumer<Box<Amp>>,
    going: Producer<Box<Amp>>,
}

/// The loader's end.
pub(crate) struct LoaderEnd {
    coming: Producer<Box<Amp>>,
    going: Consumer<Box<Amp>>,
}

/// Both ends of a new hand-over.
pub(crate) fn handover() -> (AudioEnd, LoaderEnd) {
    let (to_audio, coming) = RingBuffer::new(COMING);
    let (going, from_audio) = RingBuffer::new(GOING);
    let loader = LoaderEnd {
        coming: to_audio,
        going: from_audio,
    };
    (AudioEnd { coming, going }, loader)
}

impl AudioEnd {
    /// Gives the chain the newest capture there is, and sends back what it is done with. Neither
    /// waits nor drops anything.
    pub(crate) fn exchange(&mut self, chain: &mut Chain) {
        self.send_back(chain);
        // A capture that is taken leaves at most one behind; one of another setup is that itself.
        while chain.accepts() && self.going.slots() >= 2 {
            let Ok(amp) = self.coming.pop() else { break };
            if let Err(refused) = chain.offer(amp) {
                let _sent = self.going.push(refused);
            }
            self.send_back(chain);
        }
    }

    fn send_back(&mut self, chain: &mut Chain) {
        if self.going.slots() > 0
            && let Some(done) = chain.take_done()
        {
            // There is room, and nobody else fills it.
            let _sent = self.going.push(done);
        }
    }

    /// The next capture that was on its way; for the thread that starts and stops the audio.
    pub(crate) fn take(&mut self) -> Option<Box<Amp>> {
        self.coming.pop().ok()
    }
}

impl LoaderEnd {
    /// Sends a capture. If the queue is full (the audio thread sleeps), it is given back.
    pub(crate) fn send(&mut self, amp: Box<Amp>) -> Result<(), Box<Amp>> {
        self.coming
            .push(amp)
            .map_err(|rtrb::PushError::Full(amp)| amp)
    }

    /// Drops what came back.
    pub(crate) fn drop_returned(&mut self) {
        while let Ok(amp) = self.going.pop() {
            drop(amp);
        }
    }
}
