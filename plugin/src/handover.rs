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

#[cfg(test)]
mod tests {
    use super::*;
    use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
    use gridleak_core::{Capture, Level, Setup, Voicing};

    /// Counts what happens inside `assert_no_alloc` in the unit tests.
    #[global_allocator]
    static ALLOCATOR: AllocDisabler = AllocDisabler;

    const SETUP: Setup = Setup {
        rate: 48_000.0,
        inputs: 2,
        outputs: 2,
        latency: 0,
    };

    /// An impulse response of one sample, so that swaps come fast.
    fn capture(gain: f32) -> Capture {
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
                "weights":[{gain}],"sample_rate":48000}}"#
        );
        Capture::from_bytes("test", text.as_bytes()).unwrap()
    }

    fn amp(capture: &Capture, ticket: u64) -> Box<Amp> {
        Box::new(Amp::new(capture, SETUP, Voicing::default(), ticket, Level::detect()).unwrap())
    }

    #[test]
    fn ten_thousand_captures_come_and_go_without_the_allocator() {
        const SWAPS: u64 = 10_000;
        let (mut audio, mut loader) = handover();
        std::thread::scope(|threads| {
            let sender = &mut loader;
            threads.spawn(move || {
                let captures = [capture(0.5), capture(1.0)];
                for ticket in 1..=SWAPS {
                    let mut next = amp(&captures[ticket as usize % 2], ticket);
                    while let Err(back) = sender.send(next) {
                        next = back;
                        sender.drop_returned();
                        std::thread::yield_now();
                    }
                    sender.drop_returned();
                }
            });
            let mut chain = Chain::new(SETUP);
            let mut buffers = vec![vec![0.0f32; 4096]; 2];
            let (mut heard, mut swaps, mut seed) = (0, 0, 1u32);
            while chain.ticket() != Some(SWAPS) {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let size = 1 + (seed >> 20) as usize % if swaps % 50 == 0 { 4096 } else { 300 };
                let [left, right] = &mut buffers[..] else {
                    unreachable!()
                };
                left[..size].fill(0.25);
                right[..size].fill(-0.25);
                reset_violation_count();
                assert_no_alloc(|| {
                    audio.exchange(&mut chain);
                    chain.process(&mut [&mut left[..size], &mut right[..size]]);
                    audio.exchange(&mut chain);
                });
                assert_eq!(violation_count(), 0, "after {swaps} swaps");
                let ticket = chain.ticket().unwrap_or(0);
                assert!(ticket >= heard, "an old capture came after a newer one");
                swaps += u64::from(ticket != heard);
                heard = ticket;
                let sane = |s: &f32| (0.0..=0.2501).contains(&s.abs());
                assert!(left[..size].iter().chain(&right[..size]).all(sane));
            }
        });
    }

    #[test]
    fn what_was_made_for_another_setup_goes_back() {
        let (mut audio, mut loader) = handover();
        let mut chain = Chain::new(Setup {
            rate: 44_100.0,
            ..SETUP
        });
        assert!(loader.send(amp(&capture(1.0), 1)).is_ok());
        audio.exchange(&mut chain);
        assert_eq!(chain.ticket(), None);
        assert_eq!(loader.going.slots(), 1);
    }

    #[test]
    fn a_sleeping_audio_thread_leaves_the_loader_with_what_does_not_fit() {
        let (_audio, mut loader) = handover();
        let capture = capture(1.0);
        for ticket in 0..COMING as u64 {
            assert!(loader.send(amp(&capture, ticket)).is_ok());
        }
        assert_eq!(
            loader.send(amp(&capture, 99)).map_err(|back| back.ticket()),
            Err(99)
        );
    }
}
