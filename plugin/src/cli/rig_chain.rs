//! The plugin's signal chain for one recording.

use gridleak_core::{
    Amp, BuildId, Cab, Capture, Chain, Levels, Loaded, ParameterId, Pedal, ProcessConfig, Settings,
    SimdLevel, SlotPart, Voicing,
};

use super::automation::Event;
use super::loaded_rig::{LoadedRig, LoadedSlot};
use crate::files::failure::{Failure, Result};
use crate::session::rig::neighbour_slot;

/// A chain with all slots of a rig.
pub(super) struct RigChain {
    chain: Chain,
    settings: Settings,
    /// Channels that are written.
    channels: usize,
    /// The slots that have something to play, as bits.
    filled: u8,
    /// The slots that were heard, in that order.
    heard: Vec<usize>,
}

impl RigChain {
    /// A chain for a recording of so many channels at a rate in Hz, which messages call `input`. Slots that
    /// cannot play it are emptied, and say why.
    ///
    /// # Errors
    /// If no slot can.
    pub(super) fn new(
        rig: &mut LoadedRig,
        input: &str,
        (inputs, rate): (usize, f64),
        level: SimdLevel,
    ) -> Result<Self> {
        if inputs > 2 {
            return Err(Failure::new(format!(
                "{input}: has {inputs} channels; give a mono or stereo file"
            )));
        }
        let mut channels = 0;
        for slot in &mut rig.slots {
            let Some(amp) = &slot.capture else { continue };
            match written(inputs, amp.capture.out_channels()) {
                Ok(written) => channels = channels.max(written),
                Err(reason) => slot.refuse(format!("{input}: {reason}")),
            }
        }
        let config = config(rig, inputs, channels, rate);
        let settings = rig.settings;
        let mut chain = Chain::new(config);
        chain.set(&settings);
        chain.set_offline(true);
        for (number, slot) in rig.slots.iter_mut().enumerate() {
            chain.set_slot(number, &slot.state.settings);
            match parts(slot, &settings, config, level) {
                Ok(parts) => parts.into_iter().for_each(|part| {
                    // A new chain takes what was made for it.
                    let _taken = chain.load(Loaded { slot: number, part });
                }),
                Err(reason) => slot.refuse(format!("{input}: {reason}")),
            }
        }
        chain.reset();
        let filled = rig
            .slots
            .iter()
            .enumerate()
            .map(|(number, slot)| u8::from(slot.capture.is_some()) << number);
        let filled = filled.sum();
        if filled == 0 {
            return Err(rig.why_silent());
        }
        Ok(Self {
            chain,
            settings,
            channels,
            filled,
            heard: Vec::new(),
        })
    }

    /// Channels that come out.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Frames by which the sound is late.
    pub(super) fn latency(&self) -> usize {
        self.chain.config().latency
    }

    /// The slots that were heard, in that order.
    pub(super) fn heard(&self) -> &[usize] {
        &self.heard
    }

    /// Moves a parameter, or does what a button does.
    pub(super) fn apply(&mut self, event: &Event) {
        let by = match event.which {
            ParameterId::NextSlot => 1,
            ParameterId::PreviousSlot => -1,
            which => return which.row().set(&mut self.settings, event.plain),
        };
        if event.plain >= 0.5 {
            self.settings.slot = neighbour_slot(self.settings.slot, by, self.filled);
        }
    }

    /// Plays what `sound` holds in place; its channels become those that come out.
    pub(super) fn process(&mut self, sound: &mut Vec<Vec<f32>>) {
        let frames = sound[0].len();
        sound.resize_with(self.chain.config().outputs, || vec![0.0; frames]);
        self.chain.set(&self.settings);
        match &mut sound[..] {
            [left, right] => self.chain.process(&mut [left, right]),
            [only] => self.chain.process(&mut [only]),
            _ => {}
        }
        sound.truncate(self.channels);
        let playing = self.chain.playing();
        if !self.heard.contains(&playing) {
            self.heard.push(playing);
        }
    }
}

/// What a chain has to be made for that plays all slots of a rig.
fn config(rig: &LoadedRig, inputs: usize, channels: usize, rate: f64) -> ProcessConfig {
    let factor = rig.settings.oversampling_factor(true);
    let late =
        |capture: &Capture| gridleak_core::latency(rate, capture.oversampled(factor).sample_rate());
    let filled = || rig.slots.iter().filter(|slot| slot.capture.is_some());
    let amps = filled().filter_map(|slot| slot.capture.as_deref());
    let pedals = filled().filter_map(|slot| slot.pedal.as_deref());
    let pedal_latency = pedals.map(|pedal| late(&pedal.capture)).max().unwrap_or(0);
    let amp_latency = amps.map(|amp| late(&amp.capture)).max().unwrap_or(0);
    ProcessConfig {
        rate,
        inputs,
        outputs: inputs.max(channels),
        latency: amp_latency + pedal_latency,
        pedal_latency,
    }
}

/// What a slot holds, ready to play in a rig that is set to `shared`.
///
/// # Errors
/// In words, if some of it cannot play in such a config.
fn parts(
    slot: &LoadedSlot,
    shared: &Settings,
    config: ProcessConfig,
    level: SimdLevel,
) -> std::result::Result<Vec<SlotPart>, String> {
    let Some(amp) = &slot.capture else {
        return Ok(Vec::new());
    };
    let settings = slot.state.settings.resolve(shared);
    let factor = settings.oversampling_factor(true);
    let voicing = Voicing {
        levels: amp.levels,
        slim: f64::from(settings.slim),
        knobs: Some(settings.knobs),
    };
    let capture = amp.capture.oversampled(factor);
    let amp = Amp::new(&capture, config, voicing, BuildId(0), level)?;
    let mut parts = vec![SlotPart::Amp(Some(amp.into()))];
    if let Some(pedal) = &slot.pedal {
        let levels = Levels::given(&pedal.capture);
        let voicing = Voicing { levels, ..voicing };
        let capture = pedal.capture.oversampled(factor);
        let pedal = Pedal::new(&capture, config, voicing, BuildId(1), level)?;
        parts.push(SlotPart::Pedal(Some(pedal.into())));
    }
    let [first, second] = slot
        .cabs
        .each_ref()
        .map(|cab| Some(&cab.as_ref()?.response));
    if first.or(second).is_some() {
        let cab = Cab::new(first, second, config, BuildId(2));
        let cab = cab.map_err(|reason| format!("the cabinet cannot play: {reason}"))?;
        parts.push(SlotPart::Cab(Some(cab.into())));
    }
    Ok(parts)
}

/// The channels that a recording of one or two gives through a capture with so many outputs, or why it
/// cannot be played.
fn written(channels: usize, outputs: usize) -> std::result::Result<usize, String> {
    match (channels, outputs) {
        (_, 1) => Ok(channels),
        (_, 3..) => Err(format!(
            "the capture makes {outputs} channels; Gridleak plays captures that make one or two"
        )),
        (1, _) => Ok(outputs),
        _ => Err(format!(
            "has {channels} channels, and this capture makes {outputs} channels of one; give a mono file"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn channels_find_their_way_or_a_reason() {
        assert_eq!(written(1, 1), Ok(1));
        assert_eq!(written(2, 1), Ok(2));
        assert_eq!(written(1, 2), Ok(2));
        let reason = written(2, 2).unwrap_err();
        assert!(reason.starts_with("has 2 channels"), "{reason}");
        assert!(written(1, 3).unwrap_err().contains("makes 3 channels"));
    }
}
