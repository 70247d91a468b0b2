//! What is loaded, on its way to the audio thread and back, without a lock: two queues of the crate rtrb,
//! whose operations are wait-free. What the audio thread is done with is dropped by the loader.

use gridleak_core::{Chain, Loaded, SLOTS, SlotPart};
use rtrb::{Consumer, Producer, PushError, RingBuffer};

/// Parts that may be on their way to the audio thread: twice all that the loader can build at a time.
const TO_AUDIO: usize = 2 * 3 * SLOTS;

/// Parts that may be on their way back.
const FROM_AUDIO: usize = TO_AUDIO;

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
    use gridleak_core::{
        Amp, BuildId, Cab, Capture, ImpulseResponse, Pedal, ProcessConfig, Settings, SimdLevel,
        Voicing,
    };

    /// Counts what happens inside `assert_no_alloc` in the unit tests.
    #[global_allocator]
    static ALLOCATOR: AllocDisabler = AllocDisabler;

    const CONFIG: ProcessConfig = ProcessConfig {
        rate: 48_000.0,
        inputs: 2,
        outputs: 2,
        latency: 0,
        pedal_latency: 0,
    };

    /// A net of one weight, so that changes come fast.
    fn capture(gain: f32) -> Capture {
        let text = format!(
            r#"{{"version":"0.5.4","architecture":"Linear","config":{{"receptive_field":1,"bias":false}},
                "weights":[{gain}],"sample_rate":48000}}"#
        );
        Capture::from_bytes("test", text.as_bytes()).unwrap()
    }

    fn amp(capture: &Capture, id: u64) -> SlotPart {
        let (voicing, level) = (Voicing::default(), SimdLevel::detect());
        let amp = Amp::new(capture, CONFIG, voicing, BuildId(id), level).unwrap();
        SlotPart::Amp(Some(amp.into()))
    }

    fn pedal(capture: &Capture, id: u64) -> SlotPart {
        let (voicing, level) = (Voicing::default(), SimdLevel::detect());
        let pedal = Pedal::new(capture, CONFIG, voicing, BuildId(id), level).unwrap();
        SlotPart::Pedal(Some(pedal.into()))
    }

    fn cab(id: u64) -> SlotPart {
        let response = ImpulseResponse::new(vec![vec![1.0]], CONFIG.rate).unwrap();
        let cab = Cab::new(Some(&response), None, CONFIG, BuildId(id)).unwrap();
        SlotPart::Cab(Some(cab.into()))
    }

    /// The same numbers again and again, from 0 to below `end`.
    fn random(seed: &mut u32, end: usize) -> usize {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 16) as usize % end
    }

    fn id(part: &SlotPart) -> Option<u64> {
        match part {
            SlotPart::Amp(amp) => amp.as_ref().map(|amp| amp.id().0),
            SlotPart::Pedal(pedal) => pedal.as_ref().map(|pedal| pedal.id().0),
            SlotPart::Cab(cab) => cab.as_ref().map(|cab| cab.id().0),
        }
    }

    #[test]
    fn ten_thousand_parts_come_and_go_without_the_allocator_and_none_is_lost() {
        const PARTS: u64 = 10_000;
        let (mut audio, mut loader) = handover();
        let (mut heard, mut chain) = (0, Chain::new(CONFIG));
        let (sent, mut back) = std::thread::scope(|threads| {
            let sender = &mut loader;
            let sends = threads.spawn(move || {
                let captures = [capture(0.5), capture(1.0)];
                let mut seed = 7;
                let mut back = Vec::new();
                let mut sent = Vec::new();
                for n in 1..=PARTS {
                    let capture = &captures[random(&mut seed, 2)];
                    let part = match random(&mut seed, 9) {
                        0 => SlotPart::Pedal(None),
                        1 => SlotPart::Cab(None),
                        2..=4 => pedal(capture, n),
                        5 => cab(n),
                        _ => amp(capture, n),
                    };
                    sent.extend(id(&part));
                    let slot = random(&mut seed, SLOTS);
                    let mut next = Loaded { slot, part };
                    while let Err(refused) = sender.send(next) {
                        next = refused;
                        while let Ok(part) = sender.from_audio.pop() {
                            back.extend(id(&part));
                        }
                        std::thread::yield_now();
                    }
                }
                // What is still on its way comes back only if there is room.
                while sender.to_audio.slots() < TO_AUDIO {
                    while let Ok(part) = sender.from_audio.pop() {
                        back.extend(id(&part));
                    }
                    std::thread::yield_now();
                }
                (sent, back)
            });
            let mut buffers = [vec![0.0f32; 4096], vec![0.0f32; 4096]];
            let (mut seed, mut settings) = (1, Settings::default());
            while !sends.is_finished() {
                let most = if heard % 50 == 0 { 4096 } else { 300 };
                let size = 1 + random(&mut seed, most);
                if random(&mut seed, 20) == 0 {
                    settings.slot = random(&mut seed, SLOTS);
                    settings.pedal = random(&mut seed, 3) > 0;
                }
                let [left, right] = &mut buffers;
                left[..size].fill(0.25);
                right[..size].fill(-0.25);
                reset_violation_count();
                assert_no_alloc(|| {
                    chain.set(&settings);
                    audio.exchange(&mut chain);
                    chain.process(&mut [&mut left[..size], &mut right[..size]]);
                    audio.exchange(&mut chain);
                });
                assert_eq!(violation_count(), 0, "after {heard} blocks");
                heard += 1;
                assert!(
                    left[..size]
                        .iter()
                        .chain(&right[..size])
                        .all(|s| s.is_finite())
                );
            }
            sends.join().unwrap()
        });
        let retired = |chain: &mut Chain| std::iter::from_fn(|| chain.take_retired()).collect();
        let mut rest: Vec<SlotPart> = retired(&mut chain);
        while let Some(loaded) = chain.take_any() {
            rest.push(loaded.part);
            rest.extend(retired(&mut chain));
        }
        rest.extend(std::iter::from_fn(|| loader.from_audio.pop().ok()));
        back.extend(rest.iter().filter_map(id));
        back.sort();
        assert_eq!(sent, back, "each exactly once");
    }

    #[test]
    fn what_was_made_for_another_config_goes_back() {
        let (mut audio, mut loader) = handover();
        let mut chain = Chain::new(ProcessConfig {
            rate: 44_100.0,
            ..CONFIG
        });
        for part in [amp(&capture(1.0), 1), cab(2)] {
            assert!(loader.send(Loaded { slot: 0, part }).is_ok());
        }
        audio.exchange(&mut chain);
        assert_eq!((chain.amp_id(0), chain.cab_id(0)), (None, None));
        let ids = [(); 2].map(|()| id(&loader.from_audio.pop().unwrap()));
        assert_eq!(ids, [Some(1), Some(2)]);
    }

    #[test]
    fn a_sleeping_audio_thread_leaves_the_loader_with_what_does_not_fit() {
        let (mut audio, mut loader) = handover();
        let capture = capture(1.0);
        let next = |n| Loaded {
            slot: 0,
            part: amp(&capture, n),
        };
        for n in 0..TO_AUDIO as u64 {
            assert!(loader.send(next(n)).is_ok());
        }
        let refused = loader.send(next(99)).unwrap_err();
        assert_eq!(id(&refused.part), Some(99));
        // Nor does the audio thread take more than it can give back.
        let mut chain = Chain::new(CONFIG);
        for _ in 0..100 {
            audio.exchange(&mut chain);
        }
        assert_eq!(loader.from_audio.slots(), TO_AUDIO - 1);
        assert_eq!(chain.amp_id(0), Some(BuildId(TO_AUDIO as u64 - 1)));
    }
}
