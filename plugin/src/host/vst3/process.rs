//! A block of sound, with what happens in it.

use parking_lot::MutexGuard;
use vst3::Steinberg::{Vst::*, *};

use super::audio::Audio;
use super::buffers;
use super::component::Component;
use super::entry::{always, answer, borrowed, guarded, with};
use super::parameters::Target;
use super::points::Points;
use crate::host::description::LAYOUTS;

const OFFLINE: i32 = ProcessModes_::kOffline as i32;
const SAMPLE_32: i32 = SymbolicSampleSizes_::kSample32 as i32;

fn arrangement(channels: usize) -> SpeakerArrangement {
    if channels == 1 {
        SpeakerArr::kMono
    } else {
        SpeakerArr::kStereo
    }
}

impl IAudioProcessorTrait for Component {
    unsafe fn setBusArrangements(&self, i: *mut u64, ins: i32, o: *mut u64, outs: i32) -> tresult {
        if (ins, outs) != (1, 1) {
            return kResultFalse;
        }
        if i.is_null() || o.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: what a host passes is valid for the time of the call; both may be the same.
        let asked = unsafe { (i.read(), o.read()) };
        guarded(kInternalError, || {
            let same = |l: &(usize, usize, &str)| (arrangement(l.0), arrangement(l.1)) == asked;
            let layout = LAYOUTS.iter().position(same);
            answer(layout.is_some_and(|layout| self.shared.set_layout(layout)))
        })
    }

    unsafe fn getBusArrangement(&self, way: i32, index: i32, place: *mut u64) -> tresult {
        with!(place, {
            if !self.has_bus(MediaTypes_::kAudio as i32, way, index) {
                return kInvalidArgument;
            }
            *place = arrangement(self.shared.channels(way));
            kResultOk
        })
    }

    unsafe fn canProcessSampleSize(&self, size: i32) -> tresult {
        answer(size == SAMPLE_32)
    }

    unsafe fn getLatencySamples(&self) -> u32 {
        guarded(0, || self.shared.latency())
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        with!(setup, {
            let usable = setup.sampleRate.is_finite() && setup.sampleRate > 0.0;
            if !usable || setup.symbolicSampleSize != SAMPLE_32 {
                return kResultFalse;
            }
            self.shared
                .set_up(setup.sampleRate, setup.processMode == OFFLINE);
            kResultOk
        })
    }

    unsafe fn setProcessing(&self, on: TBool) -> tresult {
        guarded(kInternalError, || {
            // May be called by the audio thread.
            self.shared.set_processing(on != 0);
            let audio = self.shared.audio.try_lock();
            if let Some(mut audio) = audio.filter(|audio| audio.active && on != 0) {
                audio.player.reset();
            }
            kResultOk
        })
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        with!(data, {
            if data.symbolicSampleSize != SAMPLE_32 {
                return kInvalidArgument;
            }
            self.play(data);
            kResultOk
        })
    }

    unsafe fn getTailSamples(&self) -> u32 {
        guarded(0, || self.shared.instance.tail())
    }
}

impl IProcessContextRequirementsTrait for Component {
    always! {
        getProcessContextRequirements() -> u32 = 0;
    }
}

impl Component {
    fn play(&self, data: &ProcessData) {
        let frames = usize::try_from(data.numSamples).unwrap_or(0);
        // SAFETY: the host's block is there until this returns.
        let block = unsafe { buffers::block(data) };
        // Not there between deactivation and activation, and while the latency changes.
        let mut audio = self.shared.audio.try_lock().filter(|audio| audio.active);
        if let Some(audio) = audio.as_mut().filter(|_| frames > 0) {
            let offline = audio.offline || data.processMode == OFFLINE;
            audio.player.set_offline(offline);
            audio.player.begin_block(frames);
            // Not every host has said so.
            self.shared.set_processing(true);
        }
        let mut at = 0;
        let mut play_until = |audio: &mut Option<MutexGuard<'_, Audio>>, frame| {
            if let Some(audio) = audio {
                audio.play(&block, at, frame);
            }
            at = frame;
        };
        self.shared.echoes.next_block();
        let points = Points::new(borrowed!(data.inputParameterChanges), frames);
        for target in points.targets() {
            if let Target::Row(id) = target {
                self.shared.echoes.drop_waiting(id);
            }
        }
        self.shared.settle();
        for point in points {
            if let Target::Row(id) = point.target {
                let plain = point.target.plain(point.position);
                // Where nothing changes, longer spans are cheaper.
                if self.shared.takes(id, plain) {
                    play_until(&mut audio, point.frame);
                    self.shared.instance.set(id, plain);
                }
            } else if let Some(message) = point.target.message(point.position) {
                play_until(&mut audio, point.frame);
                if let Some(audio) = &mut audio {
                    audio.player.midi(message);
                }
            }
        }
        play_until(&mut audio, frames);
        match &mut audio {
            Some(audio) if frames > 0 => audio.player.end_block(),
            Some(_) => {}
            None => block.silence_all(),
        }
        // SAFETY: as above.
        unsafe { buffers::tell_silence(data, &block) };
    }
}
