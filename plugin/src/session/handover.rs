//! Captures and cabinets on their way to the audio thread and back, without a lock: two queues
//! for each kind, of the crate rtrb, whose operations are wait-free. What the audio thread is done with is dropped by the loader.

use gridleak_core::{Amp, Cab, Chain};
use rtrb::{Consumer, Producer, RingBuffer};

/// Sounds of a kind that may be on their way to the audio thread.
const TO_AUDIO: usize = 4;

/// Sounds of a kind that may be on their way back. The audio thread takes nothing new unless there is
/// room for all that this could leave it with.
const FROM_AUDIO: usize = 8;

/// The audio thread's end.
pub(crate) struct AudioEnd {
    pub(crate) captures: Incoming<Amp>,
    pub(crate) cabs: Incoming<Cab>,
}

/// The loader's end.
pub(crate) struct LoaderEnd {
    pub(crate) captures: Outgoing<Amp>,
    pub(crate) cabs: Outgoing<Cab>,
}

/// Sounds of a kind, as the audio thread gets them.
pub(crate) struct Incoming<T> {
    to_audio: Consumer<Box<T>>,
    from_audio: Producer<Box<T>>,
}

/// Sounds of a kind, as the loader sends them.
pub(crate) struct Outgoing<T> {
    to_audio: Producer<Box<T>>,
    from_audio: Consumer<Box<T>>,
}

/// What a chain has a place for.
pub(crate) trait Playable: Sized {
    fn accepted_by(chain: &Chain) -> bool;
    fn offer_to(self: Box<Self>, chain: &mut Chain) -> Result<(), Box<Self>>;
    fn done_by(chain: &mut Chain) -> Option<Box<Self>>;
}

impl Playable for Amp {
    fn accepted_by(chain: &Chain) -> bool {
        chain.accepts()
    }

    fn offer_to(self: Box<Self>, chain: &mut Chain) -> Result<(), Box<Self>> {
        chain.offer(self)
    }

    fn done_by(chain: &mut Chain) -> Option<Box<Self>> {
        chain.take_done()
    }
}

impl Playable for Cab {
    fn accepted_by(chain: &Chain) -> bool {
        chain.accepts_cab()
    }

    fn offer_to(self: Box<Self>, chain: &mut Chain) -> Result<(), Box<Self>> {
        chain.offer_cab(self)
    }

    fn done_by(chain: &mut Chain) -> Option<Box<Self>> {
        chain.take_done_cab()
    }
}

/// Both ends of a new hand-over.
pub(crate) fn handover() -> (AudioEnd, LoaderEnd) {
    let (captures_in, captures_out) = lane();
    let (cabs_in, cabs_out) = lane();
    let audio = AudioEnd {
        captures: captures_in,
        cabs: cabs_in,
    };
    let loader = LoaderEnd {
        captures: captures_out,
        cabs: cabs_out,
    };
    (audio, loader)
}

fn lane<T>() -> (Incoming<T>, Outgoing<T>) {
    let (sender, receiver) = RingBuffer::new(TO_AUDIO);
    let (returning, returned) = RingBuffer::new(FROM_AUDIO);
    let incoming = Incoming {
        to_audio: receiver,
        from_audio: returning,
    };
    let outgoing = Outgoing {
        to_audio: sender,
        from_audio: returned,
    };
    (incoming, outgoing)
}

impl AudioEnd {
    /// Gives the chain the newest sounds there are, and sends back what it is done with. Neither
    /// waits nor drops anything.
    pub(crate) fn exchange(&mut self, chain: &mut Chain) {
        // So that a capture is not heard without its cabinet.
        self.cabs.exchange(chain);
        self.captures.exchange(chain);
    }
}

impl<T: Playable> Incoming<T> {
    fn exchange(&mut self, chain: &mut Chain) {
        self.send_back(chain);
        // What is taken leaves at most one behind; one of another config is that itself.
        while T::accepted_by(chain) && self.from_audio.slots() >= 2 {
            let Ok(sound) = self.to_audio.pop() else {
                break;
            };
            if let Err(refused) = sound.offer_to(chain) {
                let _sent = self.from_audio.push(refused);
            }
            self.send_back(chain);
        }
    }

    fn send_back(&mut self, chain: &mut Chain) {
        if self.from_audio.slots() > 0
            && let Some(done) = T::done_by(chain)
        {
            // There is room, and nobody else fills it.
            let _sent = self.from_audio.push(done);
        }
    }
}

impl<T> Incoming<T> {
    /// The next sound that was on its way; for the thread that starts and stops the audio.
    pub(crate) fn take(&mut self) -> Option<Box<T>> {
        self.to_audio.pop().ok()
    }
}

impl<T> Outgoing<T> {
    /// Sends a sound. If the queue is full (the audio thread sleeps), it is given back.
    pub(crate) fn send(&mut self, sound: Box<T>) -> Result<(), Box<T>> {
        self.to_audio
            .push(sound)
            .map_err(|rtrb::PushError::Full(sound)| sound)
    }

    fn drop_returned(&mut self) {
        while let Ok(sound) = self.from_audio.pop() {
            drop(sound);
        }
    }
}

impl LoaderEnd {
    /// Drops what came back.
    pub(crate) fn drop_returned(&mut self) {
        self.captures.drop_returned();
        self.cabs.drop_returned();
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
