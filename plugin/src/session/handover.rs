//! What is loaded, on its way to the audio thread and back, without a lock: two queues of the crate rtrb,
//! whose operations are wait-free. What the audio thread is done with is dropped by the loader.

use gridleak_core::{Chain, Loaded, SlotPart};
use rtrb::{Consumer, Producer, PushError, RingBuffer};

/// Parts that may be on their way to the audio thread: twice all that the loader can build at a time.
const TO_AUDIO: usize = 16;

/// Parts that may be on their way back.
const FROM_AUDIO: usize = 16;

/// The audio thread's end.
pub(crate) struct AudioEnd {
    to_audio: Consumer<Loaded>,
    from_audio: Producer<SlotPart>,
}

/// The loader's end.
pub(crate) struct LoaderEnd {
    to_audio: Producer<Loaded>,
    from_audio: Consumer<SlotPart>,
}

/// Both ends of a new hand-over.
pub(crate) fn handover() -> (AudioEnd, LoaderEnd) {
    let (sender, receiver) = RingBuffer::new(TO_AUDIO);
    let (returning, returned) = RingBuffer::new(FROM_AUDIO);
    let audio = AudioEnd {
        to_audio: receiver,
        from_audio: returning,
    };
    let loader = LoaderEnd {
        to_audio: sender,
        from_audio: returned,
    };
    (audio, loader)
}

impl AudioEnd {
    /// Gives the chain what it can take now, and sends back what it is done with. Neither waits nor
    /// drops anything.
    pub(crate) fn exchange(&mut self, chain: &mut Chain) {
        self.send_back(chain);
        while self.from_audio.slots() > 0
            && let Ok(next) = self.to_audio.peek()
            && (chain.accepts(next) || !next.part.fits(chain.config()))
            && let Ok(next) = self.to_audio.pop()
        {
            if let Err(refused) = chain.load(next) {
                // There is room, and nobody else fills it.
                let _sent = self.from_audio.push(refused.part);
            }
            self.send_back(chain);
        }
    }

    fn send_back(&mut self, chain: &mut Chain) {
        while self.from_audio.slots() > 0
            && let Some(retired) = chain.take_retired()
        {
            let _sent = self.from_audio.push(retired);
        }
    }

    /// The next part that was on its way; for the thread that starts and stops the audio.
    pub(crate) fn take(&mut self) -> Option<Loaded> {
        self.to_audio.pop().ok()
    }
}

impl LoaderEnd {
    /// Sends a part. If the queue is full (the audio thread sleeps), it is given back.
    pub(crate) fn send(&mut self, loaded: Loaded) -> Result<(), Loaded> {
        self.to_audio
            .push(loaded)
            .map_err(|PushError::Full(loaded)| loaded)
    }

    /// Drops what came back.
    pub(crate) fn drop_returned(&mut self) {
        while self.from_audio.pop().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assert_no_alloc::{AllocDisabler, assert_no_alloc, reset_violation_count, violation_count};
    use gridleak_core::{Capture, ProcessConfig, SimdLevel, Voicing};

    /// Counts what happens inside `assert_no_alloc` in the unit tests.
    #[global_allocator]
    static ALLOCATOR: AllocDisabler = AllocDisabler;

    const CONFIG: ProcessConfig = ProcessConfig {
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
        Box::new(
            Amp::new(
                capture,
                CONFIG,
                Voicing::default(),
                ticket,
                SimdLevel::detect(),
            )
            .unwrap(),
        )
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
                    while let Err(back) = sender.captures.send(next) {
                        next = back;
                        sender.drop_returned();
                        std::thread::yield_now();
                    }
                    sender.drop_returned();
                }
            });
            let mut chain = Chain::new(CONFIG);
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
        let mut chain = Chain::new(ProcessConfig {
            rate: 44_100.0,
            ..CONFIG
        });
        assert!(loader.captures.send(amp(&capture(1.0), 1)).is_ok());
        audio.exchange(&mut chain);
        assert_eq!(chain.ticket(), None);
        assert_eq!(loader.captures.from_audio.slots(), 1);
    }

    #[test]
    fn a_sleeping_audio_thread_leaves_the_loader_with_what_does_not_fit() {
        let (_audio, mut loader) = handover();
        let capture = capture(1.0);
        for ticket in 0..TO_AUDIO as u64 {
            assert!(loader.captures.send(amp(&capture, ticket)).is_ok());
        }
        assert_eq!(
            loader
                .captures
                .send(amp(&capture, 99))
                .map_err(|back| back.ticket()),
            Err(99)
        );
    }
}
