//! What a host sees of the plugin, in a host inside of the test.

mod midi;

use std::ffi::{CStr, CString};
use std::io::Cursor;
use std::ptr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::configurable_audio_ports::{
    AudioPortRequest, AudioPortRequestDetails, PluginConfigurableAudioPorts,
};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::note_ports::{NoteDialects, NotePortInfoBuffer, PluginNotePorts};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer,
    ParamInfoFlags, ParamRescanFlags, PluginParams,
};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::{HostState, HostStateImpl, PluginState};
use clack_extensions::tail::PluginTail;
use clack_host::events::event_types::{
    MidiEvent, NoteOnEvent, ParamGestureBeginEvent, ParamGestureEndEvent, ParamModEvent,
    ParamValueEvent,
};
use clack_host::events::io::{OutputEventBuffer, TryPushError};
use clack_host::extensions::{Extension, PluginExtensionSide};
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_plugin::extensions::wrapper::PluginWrapper;
use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::ext::configurable_audio_ports::{
    CLAP_EXT_CONFIGURABLE_AUDIO_PORTS, clap_plugin_configurable_audio_ports,
};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::process::{CLAP_PROCESS_ERROR, CLAP_PROCESS_TAIL, clap_process};
use gridleak_core::{Kind, PARAMETERS, ParameterId};

use crate::host::clap::{ClapEntry, Shell};
use crate::host::description::{CLAP_ID, LAYOUTS};
use crate::session::host_link::{Edit, Request};
use crate::session::instance::Instance;

static ENTRY: clack_plugin::entry::EntryDescriptor = clack_plugin::clack_entry!(ClapEntry);

/// What the plugin asked its host for.
#[derive(Debug, Default)]
struct Asked {
    callback: AtomicUsize,
    restart: AtomicUsize,
    flush: AtomicUsize,
    dirty: AtomicUsize,
    latency: AtomicUsize,
    rescan: Mutex<Vec<ParamRescanFlags>>,
}

struct TestHost;
struct HostShared(Arc<Asked>);
struct HostMain(Arc<Asked>);

impl HostHandlers for TestHost {
    type Shared<'a> = HostShared;
    type MainThread<'a> = HostMain;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &HostShared) {
        builder.register::<HostParams>();
        builder.register::<HostState>();
        builder.register::<HostLatency>();
    }
}

impl SharedHandler<'_> for HostShared {
    fn request_restart(&self) {
        self.0.restart.fetch_add(1, SeqCst);
    }
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.0.callback.fetch_add(1, SeqCst);
    }
}
impl HostParamsImplShared for HostShared {
    fn request_flush(&self) {
        self.0.flush.fetch_add(1, SeqCst);
    }
}
impl MainThreadHandler<'_> for HostMain {}
impl HostParamsImplMainThread for HostMain {
    fn rescan(&self, flags: ParamRescanFlags) {
        self.0.rescan.lock().unwrap().push(flags);
    }
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}
impl HostStateImpl for HostMain {
    fn mark_dirty(&self) {
        self.0.dirty.fetch_add(1, SeqCst);
    }
}
impl HostLatencyImpl for HostMain {
    fn changed(&self) {
        self.0.latency.fetch_add(1, SeqCst);
    }
}

/// A host that offers nothing.
struct BareHost;
struct BareShared;

impl HostHandlers for BareHost {
    type Shared<'a> = BareShared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

impl SharedHandler<'_> for BareShared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

/// An instance in a host, whatever that offers.
fn instance<H>(
    shared: impl for<'a> FnOnce(&'a ()) -> H::Shared<'a>,
    main: impl for<'a> FnOnce(&'a H::Shared<'a>) -> H::MainThread<'a>,
) -> PluginInstance<H>
where
    H: HostHandlers,
{
    // SAFETY: the entry is this library's own.
    let entry = unsafe { PluginEntry::load_from_raw(&ENTRY, c"") }.unwrap();
    let info = HostInfo::new("Test", "Gridleak", "", "1").unwrap();
    let id = CString::new(CLAP_ID).unwrap();
    PluginInstance::new(shared, main, &entry, &id, &info).unwrap()
}

/// What the host and the window of a plugin share.
fn shared_instance<H: HostHandlers>(plugin: &PluginInstance<H>) -> Arc<Instance> {
    // SAFETY: the plugin is one of this shell's.
    let instance = unsafe {
        PluginWrapper::<Shell>::handle(plugin.raw_instance(), |plugin| {
            Ok(plugin.shared().instance.clone())
        })
    };
    instance.unwrap()
}

/// The plugin in its host.
struct Hosted {
    plugin: PluginInstance<TestHost>,
    asked: Arc<Asked>,
    instance: Arc<Instance>,
}

impl Hosted {
    fn new() -> Self {
        let asked = Arc::<Asked>::default();
        let (shared, main) = (asked.clone(), asked.clone());
        let plugin = instance::<TestHost>(|()| HostShared(shared), |_| HostMain(main));
        let instance = shared_instance(&plugin);
        Self {
            plugin,
            asked,
            instance,
        }
    }

    fn extension<E: Extension<ExtensionSide = PluginExtensionSide>>(&mut self) -> E {
        self.plugin.plugin_handle().get_extension().unwrap()
    }

    /// Does with an extension's functions what clack's host would not.
    fn raw<T: Copy>(&self, id: &CStr) -> T {
        let plugin = self.plugin.raw_instance();
        // SAFETY: the functions of the extension of this name.
        unsafe { *plugin.get_extension.unwrap()(plugin, id.as_ptr()).cast::<T>() }
    }

    fn activate(&mut self) -> Audio {
        let stopped = self.plugin.activate(|_, _| (), config(48_000.0)).unwrap();
        Audio(stopped.start_processing().unwrap())
    }

    fn deactivate(&mut self, audio: Audio) {
        self.plugin.deactivate(audio.0.stop_processing());
    }

    /// Plays a block with channels, or none, of the host's own.
    fn raw_block(
        &self,
        frames: u32,
        input: &mut [*mut f32],
        output: &mut [*mut f32],
    ) -> (i32, u64) {
        let port = |channels: &mut [*mut f32]| clap_audio_buffer {
            data32: channels.as_mut_ptr(),
            data64: ptr::null_mut(),
            channel_count: channels.len() as u32,
            latency: 0,
            constant_mask: 0,
        };
        let (input, mut output) = (port(input), port(output));
        let status = self.raw_process(&clap_process {
            frames_count: frames,
            audio_inputs: &raw const input,
            audio_outputs: &raw mut output,
            audio_inputs_count: 1,
            audio_outputs_count: 1,
            ..EMPTY
        });
        (status, output.constant_mask)
    }

    fn raw_process(&self, block: *const clap_process) -> i32 {
        let plugin = self.plugin.raw_instance();
        // SAFETY: the plugin lives, is used on this thread alone, and the block is there or null.
        unsafe { plugin.process.unwrap()(plugin, block) }
    }
}

fn config(sample_rate: f64) -> PluginAudioConfiguration {
    PluginAudioConfiguration {
        sample_rate,
        min_frames_count: 1,
        max_frames_count: 64,
    }
}

/// A block of a host that gives nothing at all.
const EMPTY: clap_process = clap_process {
    steady_time: -1,
    frames_count: 64,
    transport: ptr::null(),
    audio_inputs: ptr::null(),
    audio_outputs: ptr::null_mut(),
    audio_inputs_count: 1,
    audio_outputs_count: 1,
    in_events: ptr::null(),
    out_events: ptr::null(),
};

/// The plugin while it plays.
struct Audio(StartedPluginAudioProcessor<TestHost>);

impl Audio {
    /// Plays 64 frames of a ramp with events; gives what came out, and counts allocations.
    fn block(&mut self, events: &InputEvents<'_>, told: &mut OutputEvents<'_>) -> [Vec<f32>; 2] {
        let mut heard = [0, 1].map(|_| (0..64).map(|n| n as f32 / 100.0).collect::<Vec<_>>());
        let mut played = [0, 1].map(|_| vec![f32::NAN; 64]);
        let (mut inputs, mut outputs) = (
            AudioPorts::with_capacity(2, 1),
            AudioPorts::with_capacity(2, 1),
        );
        let inputs = inputs.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                heard.iter_mut().map(InputChannel::variable),
            ),
        }]);
        let mut outputs = outputs.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                played.iter_mut().map(|channel| channel.as_mut_slice()),
            ),
        }]);
        reset_violation_count();
        let status = assert_no_alloc(|| {
            self.0
                .process(&inputs, &mut outputs, events, told, None, None)
        });
        assert_eq!(violation_count(), 0, "allocations");
        status.unwrap();
        played
    }
}

/// A list that takes nothing.
struct Full;

impl OutputEventBuffer for Full {
    fn try_push(&mut self, _: &UnknownEvent) -> Result<(), TryPushError> {
        Err(TryPushError::new())
    }
}

fn id(which: ParameterId) -> ClapId {
    ClapId::new(which.row().number)
}

fn value(time: u32, which: ParameterId, plain: f64) -> ParamValueEvent {
    ParamValueEvent::new(time, id(which), Pckn::match_all(), plain)
}

#[test]
fn a_host_sees_every_row_of_the_table() {
    let mut hosted = Hosted::new();
    let params: PluginParams = hosted.extension();
    let handle = hosted.plugin.plugin_handle();
    assert_eq!(params.count(&handle), PARAMETERS.len() as u32);
    for (index, row) in PARAMETERS.iter().enumerate() {
        let mut buffer = ParamInfoBuffer::new();
        let info = params.get_info(&handle, index as u32, &mut buffer).unwrap();
        assert_eq!(info.id.get(), row.number, "{}", row.id);
        assert_eq!(info.name, row.name.as_bytes());
        assert_eq!(info.module, row.group.name().as_bytes());
        let range = row.range();
        let (least, most) = (f64::from(*range.start()), f64::from(*range.end()));
        assert_eq!(
            (info.min_value, info.max_value),
            (least, most),
            "{}",
            row.id
        );
        assert_eq!(info.default_value, f64::from(row.default()));
        let flag = |flag| info.flags.contains(flag);
        let number = matches!(row.kind, Kind::Number(_));
        assert_eq!(flag(ParamInfoFlags::IS_STEPPED), !number, "{}", row.id);
        assert_eq!(
            flag(ParamInfoFlags::IS_ENUM),
            matches!(row.kind, Kind::Choice(_))
        );
        assert_eq!(
            flag(ParamInfoFlags::IS_READONLY),
            matches!(row.kind, Kind::Readout)
        );
        assert_eq!(
            flag(ParamInfoFlags::IS_BYPASS),
            row.which == ParameterId::Bypass
        );
        assert_eq!(flag(ParamInfoFlags::IS_AUTOMATABLE), row.automatable);
        assert_eq!(
            flag(ParamInfoFlags::IS_MODULATABLE),
            row.automatable && number
        );
        let plain = f64::from(hosted.instance.value(row.which));
        assert_eq!(params.get_value(&handle, info.id), Some(plain));
        for value in [least, info.default_value, most] {
            let text = |value: f64| {
                let mut text = [0; 256];
                let text = params
                    .value_to_text(&handle, info.id, value, &mut text)
                    .unwrap();
                String::from_utf8(text.to_vec()).unwrap()
            };
            let typed = CString::new(text(value)).unwrap();
            if let Some(read) = params.text_to_value(&handle, info.id, &typed) {
                assert_eq!(text(read), text(value), "{}", row.id);
            } else {
                assert!(matches!(row.kind, Kind::Readout), "{}: {typed:?}", row.id);
            }
        }
    }
    let mut buffer = ParamInfoBuffer::new();
    let beyond = PARAMETERS.len() as u32;
    assert!(params.get_info(&handle, beyond, &mut buffer).is_none());
    for unknown in [0, 999_999, u32::MAX - 1] {
        assert_eq!(params.get_value(&handle, ClapId::new(unknown)), None);
    }
    // What is typed stays within its range.
    let typed = params.text_to_value(&handle, id(ParameterId::Input), c"1e30");
    assert_eq!(
        typed,
        Some(f64::from(*ParameterId::Input.row().range().end()))
    );
}

#[test]
fn wild_events_are_borne_without_touching_the_allocator() {
    let mut hosted = Hosted::new();
    let mut audio = hosted.activate();
    let mut events = EventBuffer::with_capacity(4000);
    // A value for each frame and knob, out of order and beyond the block.
    for n in 0..2000_u32 {
        let row = &PARAMETERS[n as usize % PARAMETERS.len()];
        if row.automatable {
            let position = (n % 7) as f32 / 6.0;
            events.push(&value(
                n * 37 % 100,
                row.which,
                row.at_position(position).into(),
            ));
        }
    }
    for wrong in [f64::NAN, f64::INFINITY, f64::MIN, 1e300] {
        events.push(&value(u32::MAX, ParameterId::Input, wrong));
        let pckn = Pckn::match_all();
        events.push(&ParamModEvent::new(3, id(ParameterId::Input), pckn, wrong));
        events.push(&value(0, ParameterId::Status, wrong));
        events.push(&ParamValueEvent::new(1, ClapId::new(123_456), pckn, wrong));
    }
    events.push(&MidiEvent::new(5, 0, [0xC0, 3, 0]));
    events.push(&MidiEvent::new(5, 700, [0xFF, 0xFF, 0xFF]));
    events.push(&NoteOnEvent::new(
        9,
        Pckn::new(0_u16, 0_u16, 60_u16, 1_u32),
        1.0,
    ));
    events.push(&value(2, ParameterId::Input, -4.0));
    for _ in 0..20 {
        let played = audio.block(
            &InputEvents::from_buffer(&events),
            &mut OutputEvents::void(),
        );
        assert!(played.iter().flatten().all(|sample| sample.is_finite()));
    }
    assert_eq!(
        hosted.instance.value(ParameterId::Input),
        -4.0,
        "the last word"
    );
    assert_eq!(
        hosted.instance.value(ParameterId::Status),
        0.0,
        "nobody sets it"
    );
    hosted.deactivate(audio);
}

#[test]
fn a_button_acts_even_if_it_goes_up_again_at_the_same_frame() {
    let mut hosted = Hosted::new();
    let mut audio = hosted.activate();
    let before = hosted.instance.loader.newest_order();
    let button = ParameterId::NextCapture;
    let (mut events, mut told) = (EventBuffer::new(), EventBuffer::new());
    for plain in [1.0, 0.0] {
        events.push(&value(9, button, plain));
    }
    audio.block(&events.as_input(), &mut told.as_output());
    assert_eq!(hosted.instance.value(button), 0.0);
    hosted.instance.loader.look();
    assert!(hosted.instance.loader.newest_order() > before);
    hosted.deactivate(audio);
}

#[test]
fn what_is_null_is_refused_and_nothing_is_done_while_nothing_plays() {
    let hosted = Hosted::new();
    let plugin = hosted.plugin.raw_instance();
    let (nothing, nowhere) = (ptr::null(), ptr::null_mut());
    let ports: clap_plugin_configurable_audio_ports = hosted.raw(CLAP_EXT_CONFIGURABLE_AUDIO_PORTS);
    let params: clap_plugin_params = hosted.raw(CLAP_EXT_PARAMS);
    let state: clap_plugin_state = hosted.raw(CLAP_EXT_STATE);
    // SAFETY: the plugin lives, and what is passed is there or null on purpose.
    unsafe {
        assert!(plugin.get_extension.unwrap()(plugin, ptr::null()).is_null());
        for count in [0, 2] {
            assert!(!ports.can_apply_configuration.unwrap()(
                plugin,
                ptr::null(),
                count
            ));
            assert!(!ports.apply_configuration.unwrap()(
                plugin,
                ptr::null(),
                count
            ));
        }
        let input = ParameterId::Input.row().number;
        assert!(!params.get_info.unwrap()(plugin, 0, ptr::null_mut()));
        assert!(!params.get_value.unwrap()(plugin, input, nowhere));
        assert!(!params.text_to_value.unwrap()(
            plugin, input, nothing, nowhere
        ));
        assert!(!state.save.unwrap()(plugin, ptr::null()));
        assert!(!state.load.unwrap()(plugin, ptr::null()));
        reset_violation_count();
        assert_no_alloc(|| {
            assert!(!plugin.start_processing.unwrap()(plugin));
            assert_eq!(hosted.raw_process(&EMPTY), CLAP_PROCESS_ERROR);
            plugin.reset.unwrap()(plugin);
            plugin.stop_processing.unwrap()(plugin);
        });
        assert_eq!(violation_count(), 0, "a log on the audio thread");
    }
}

#[test]
fn blocks_that_lack_everything_are_borne() {
    let mut hosted = Hosted::new();
    let audio = hosted.activate();
    assert_eq!(hosted.raw_process(ptr::null()), CLAP_PROCESS_ERROR);
    let played = CLAP_PROCESS_TAIL;
    assert_eq!(hosted.raw_process(&EMPTY), played);
    let (mut left, mut right) = ([0.5_f32; 64], [f32::NAN; 64]);
    let (left, right, none) = (left.as_mut_ptr(), right.as_mut_ptr(), ptr::null_mut());
    for frames in [0, 64] {
        assert_eq!(
            hosted
                .raw_block(frames, &mut [left, none], &mut [none, right])
                .0,
            played
        );
        assert_eq!(
            hosted.raw_block(frames, &mut [none], &mut [right]).0,
            played
        );
        assert_eq!(hosted.raw_block(frames, &mut [], &mut []).0, played);
    }
    // SAFETY: 64 samples, which were just written.
    let right = unsafe { std::slice::from_raw_parts(right, 64) };
    assert!(right.iter().all(|sample| sample.is_finite()));
    let mut wide = clap_audio_buffer {
        data32: ptr::null_mut(),
        data64: ptr::NonNull::dangling().as_ptr(),
        channel_count: 2,
        latency: 0,
        constant_mask: 0,
    };
    let block = clap_process {
        audio_outputs: &raw mut wide,
        ..EMPTY
    };
    assert_eq!(
        hosted.raw_process(&raw const block),
        CLAP_PROCESS_ERROR,
        "64 bits"
    );
    let params: clap_plugin_params = hosted.raw(CLAP_EXT_PARAMS);
    // SAFETY: the plugin lives, and nothing else uses it now.
    unsafe { params.flush.unwrap()(hosted.plugin.raw_instance(), ptr::null(), ptr::null()) };
    hosted.deactivate(audio);
}

#[test]
fn sound_goes_through_swapped_channels_and_silence_is_marked() {
    let mut hosted = Hosted::new();
    hosted.instance.set(ParameterId::Bypass, 1.0);
    let audio = hosted.activate();
    let latency = hosted.extension::<PluginLatency>();
    let latency = latency.get(&hosted.plugin.plugin_handle()) as usize;
    // Longer than what is played at once.
    let frames = 3000;
    let mut one = vec![0.25_f32; frames];
    let mut two: Vec<f32> = (0..frames).map(|n| n as f32 / 4096.0).collect();
    let (left, right) = (one.as_mut_ptr(), two.as_mut_ptr());
    hosted.raw_block(frames as u32, &mut [left, right], &mut [right, left]);
    assert!(two[latency..].iter().all(|&sample| sample == 0.25));
    for (n, &sample) in one[latency..].iter().enumerate() {
        assert_eq!(sample, n as f32 / 4096.0, "frame {n}");
    }
    one.fill(0.0);
    two.fill(0.0);
    let (left, right) = (one.as_mut_ptr(), two.as_mut_ptr());
    let mut mask = 0;
    for _ in 0..3 {
        mask = hosted
            .raw_block(frames as u32, &mut [left, right], &mut [left, right])
            .1;
    }
    assert_eq!(mask, 0b11);
    one[7] = 0.5;
    let (left, right) = (one.as_mut_ptr(), two.as_mut_ptr());
    mask = hosted
        .raw_block(frames as u32, &mut [left, right], &mut [left, right])
        .1;
    assert_eq!(mask, 0b10);
    hosted.deactivate(audio);
}

#[test]
fn what_a_hand_does_is_told_in_order_and_waits_for_room() {
    let mut hosted = Hosted::new();
    let knob = ParameterId::Output;
    let turn = |hosted: &Hosted| {
        hosted.instance.link.edit(Edit::Begin(knob));
        hosted.instance.link.edit(Edit::Set(knob, 3.0));
        hosted.instance.link.edit(Edit::End(knob));
    };
    let told_of = |told: &EventBuffer| {
        assert_eq!(told.len(), 3);
        assert_eq!(
            told.get(0).unwrap(),
            &ParamGestureBeginEvent::new(0, id(knob))
        );
        assert_eq!(told.get(1).unwrap(), &value(0, knob, 3.0));
        assert_eq!(
            told.get(2).unwrap(),
            &ParamGestureEndEvent::new(0, id(knob))
        );
    };
    turn(&hosted);
    assert!(hosted.asked.callback.load(SeqCst) > 0);
    hosted.plugin.call_on_main_thread_callback();
    assert_eq!(hosted.asked.flush.load(SeqCst), 1);
    let params: PluginParams = hosted.extension();
    let mut told = EventBuffer::new();
    let flush = |hosted: &mut Hosted, told: &mut OutputEvents<'_>| {
        let mut handle = hosted.plugin.inactive_plugin_handle().unwrap();
        params.flush(&mut handle, &InputEvents::empty(), told);
    };
    // A host without room loses nothing.
    flush(&mut hosted, &mut OutputEvents::from_buffer(&mut Full));
    flush(&mut hosted, &mut OutputEvents::from_buffer(&mut told));
    told_of(&told);
    turn(&hosted);
    let mut audio = hosted.activate();
    audio.block(
        &InputEvents::empty(),
        &mut OutputEvents::from_buffer(&mut Full),
    );
    let mut told = EventBuffer::with_capacity(3);
    audio.block(
        &InputEvents::empty(),
        &mut OutputEvents::from_buffer(&mut told),
    );
    told_of(&told);
    hosted.deactivate(audio);
}

#[test]
fn what_is_asked_on_any_thread_reaches_the_host_while_it_is_there() {
    let mut hosted = Hosted::new();
    let link = hosted.instance.link.clone();
    let ask = |requests: &[Request]| requests.iter().for_each(|&request| link.ask(request));
    ask(&[Request::ProjectChanged, Request::Restart]);
    hosted.plugin.call_on_main_thread_callback();
    assert_eq!(hosted.asked.dirty.load(SeqCst), 1);
    assert_eq!(
        hosted.asked.restart.load(SeqCst),
        0,
        "nothing plays that could be stopped"
    );
    let audio = hosted.activate();
    ask(&[Request::Restart, Request::Values, Request::Texts]);
    hosted.plugin.call_on_main_thread_callback();
    hosted.plugin.call_on_main_thread_callback();
    assert_eq!(hosted.asked.restart.load(SeqCst), 1);
    assert_eq!(hosted.asked.dirty.load(SeqCst), 1);
    let rescans = std::mem::take(&mut *hosted.asked.rescan.lock().unwrap());
    let all = ParamRescanFlags::VALUES | ParamRescanFlags::TEXT;
    assert!(rescans.contains(&all), "{rescans:?}");
    hosted.deactivate(audio);
    let asked = hosted.asked.clone();
    let instance = hosted.instance.clone();
    drop(hosted);
    let before = asked.callback.load(SeqCst);
    instance.link.ask(Request::Values);
    assert_eq!(asked.callback.load(SeqCst), before, "the host is gone");
}

#[test]
fn projects_are_saved_and_loaded_and_what_is_none_is_refused() {
    let (mut hosted, mut other) = (Hosted::new(), Hosted::new());
    let state: PluginState = hosted.extension();
    hosted.instance.set(ParameterId::Bass, 8.0);
    let mut saved = Vec::new();
    state
        .save(&hosted.plugin.plugin_handle(), &mut saved)
        .unwrap();
    let state: PluginState = other.extension();
    let mut load = |state_bytes: &mut dyn std::io::Read| {
        let mut state_bytes = state_bytes;
        state
            .load(&other.plugin.plugin_handle(), &mut state_bytes)
            .is_ok()
    };
    assert!(load(&mut Cursor::new(&saved)));
    assert_eq!(other.instance.value(ParameterId::Bass), 8.0);
    let mut load = |state_bytes: &mut dyn std::io::Read| {
        let mut state_bytes = state_bytes;
        state
            .load(&other.plugin.plugin_handle(), &mut state_bytes)
            .is_ok()
    };
    assert!(!load(&mut Cursor::new(b"no project")));
    assert!(!load(&mut std::io::repeat(b' ')), "one without an end");
    assert_eq!(other.instance.value(ParameterId::Bass), 8.0);
}

#[test]
fn the_three_layouts_have_names_and_are_chosen_while_nothing_plays() {
    let mut hosted = Hosted::new();
    let ports: PluginAudioPorts = hosted.extension();
    let configs: PluginAudioPortsConfig = hosted.extension();
    let configurable: PluginConfigurableAudioPorts = hosted.extension();
    let channels = |hosted: &mut Hosted, is_input| {
        let mut buffer = AudioPortInfoBuffer::new();
        let handle = hosted.plugin.plugin_handle();
        assert_eq!(ports.count(&handle, is_input), 1);
        assert!(
            ports
                .get(&handle, 1, is_input, &mut AudioPortInfoBuffer::new())
                .is_none()
        );
        ports
            .get(&handle, 0, is_input, &mut buffer)
            .unwrap()
            .channel_count as usize
    };
    for (index, (inputs, outputs, name)) in LAYOUTS.into_iter().enumerate() {
        let mut buffer = AudioPortsConfigBuffer::new();
        let handle = hosted.plugin.plugin_handle();
        let config = configs.get(&handle, index as u32, &mut buffer).unwrap();
        assert_eq!(config.name, name.as_bytes());
        configs.select(&handle, config.id).unwrap();
        assert_eq!(channels(&mut hosted, true), inputs);
        assert_eq!(channels(&mut hosted, false), outputs);
        let mut audio = hosted.activate();
        audio.block(&InputEvents::empty(), &mut OutputEvents::void());
        let handle = hosted.plugin.plugin_handle();
        assert!(
            configs.select(&handle, ClapId::new(0)).is_err(),
            "while it plays"
        );
        hosted.deactivate(audio);
    }
    let handle = hosted.plugin.plugin_handle();
    assert!(configs.select(&handle, ClapId::new(3)).is_err());
    let ask = |hosted: &mut Hosted, port, inputs: u32, outputs: u32| {
        let request = |is_input, channels| {
            AudioPortRequest::new(is_input, port, AudioPortRequestDetails::untyped(channels))
        };
        let requests = [request(true, inputs), request(false, outputs)];
        let mut handle = hosted.plugin.inactive_plugin_handle().unwrap();
        let can = configurable.can_apply_configuration(&mut handle, &requests);
        assert_eq!(
            configurable.apply_configuration(&mut handle, &requests),
            can
        );
        can
    };
    assert!(ask(&mut hosted, 0, 1, 2));
    assert!(!ask(&mut hosted, 0, 2, 1) && !ask(&mut hosted, 0, 6, 6) && !ask(&mut hosted, 1, 1, 1));
    assert_eq!(
        (channels(&mut hosted, true), channels(&mut hosted, false)),
        (1, 2)
    );
    let notes: PluginNotePorts = hosted.extension();
    let handle = hosted.plugin.plugin_handle();
    assert_eq!(
        (notes.count(&handle, true), notes.count(&handle, false)),
        (1, 0)
    );
    let mut buffer = NotePortInfoBuffer::new();
    let port = notes.get(&handle, 0, true, &mut buffer).unwrap();
    assert!(port.supported_dialects.contains(NoteDialects::MIDI));
}

#[test]
fn latency_and_tail_are_known_and_told_when_they_change() {
    let mut hosted = Hosted::new();
    let latency: PluginLatency = hosted.extension();
    let get = |hosted: &mut Hosted| latency.get(&hosted.plugin.plugin_handle());
    let tail: clap_plugin_tail = hosted.raw(CLAP_EXT_TAIL);
    // SAFETY: the plugin lives; this may be asked on any thread.
    let tail = |hosted: &Hosted| unsafe { tail.get.unwrap()(hosted.plugin.raw_instance()) };
    assert_eq!(tail(&hosted), hosted.instance.tail());
    let before = get(&mut hosted);
    let audio = hosted.activate();
    assert_eq!(get(&mut hosted), before);
    assert_eq!(tail(&hosted), hosted.instance.tail());
    assert_eq!(hosted.asked.latency.load(SeqCst), 0, "it knew");
    hosted.deactivate(audio);
    let render: PluginRender = hosted.extension();
    render
        .set(&hosted.plugin.plugin_handle(), RenderMode::Offline)
        .unwrap();
    // Eight times the rate of a host's takes filters, which take time.
    hosted.instance.set(ParameterId::OfflineOversampling, 4.0);
    let audio = hosted.activate();
    let offline = get(&mut hosted);
    assert_ne!(offline, before);
    assert_eq!(hosted.asked.latency.load(SeqCst), 1);
    hosted.deactivate(audio);
    let _: PluginTail = hosted.extension();
}

#[test]
fn remote_controls_hold_every_knob_once_and_begin_with_the_gains() {
    let mut hosted = Hosted::new();
    let remote: PluginRemoteControls = hosted.extension();
    let handle = hosted.plugin.plugin_handle();
    let mut seen = Vec::new();
    let mut pages = Vec::new();
    for index in 0..remote.count(&handle) {
        let mut buffer = RemoteControlsPageBuffer::new();
        let page = remote.get(&handle, index, &mut buffer).unwrap();
        assert!(!page.page_name.is_empty() && !pages.contains(&page.page_id));
        pages.push(page.page_id);
        seen.extend(page.param_ids.into_iter().flatten());
    }
    assert_eq!(seen[..2], [id(ParameterId::Input), id(ParameterId::Output)]);
    let mut knobs: Vec<_> = PARAMETERS.iter().filter(|row| row.automatable).collect();
    knobs.retain(|row| seen.iter().filter(|&&id| id == row.number).count() != 1);
    assert!(knobs.is_empty(), "{:?}", knobs.first().map(|row| row.id));
    let mut buffer = RemoteControlsPageBuffer::new();
    assert!(remote.get(&handle, 999, &mut buffer).is_none());
}

#[test]
fn a_host_without_extensions_and_one_with_wild_rates_are_borne() {
    let mut plugin = instance::<BareHost>(|()| BareShared, |_| ());
    let shared = shared_instance(&plugin);
    for wild in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30] {
        assert!(
            plugin.activate(|_, _| (), config(wild)).is_err(),
            "{wild} Hz"
        );
    }
    for rate in [8_000.0, 48_000.0, 384_000.0] {
        let stopped = plugin.activate(|_, _| (), config(rate)).unwrap();
        for request in [Request::Edits, Request::ProjectChanged, Request::Restart] {
            shared.link.ask(request);
        }
        for request in [Request::Texts, Request::Values] {
            shared.link.ask(request);
        }
        plugin.call_on_main_thread_callback();
        let mut started = stopped.start_processing().unwrap();
        let (mut input, mut output) = (InputAudioBuffers::empty(), OutputAudioBuffers::empty());
        input.truncate(64);
        output.truncate(64);
        let (events, mut told) = (InputEvents::empty(), OutputEvents::void());
        let status = started.process(&input, &mut output, &events, &mut told, None, None);
        status.unwrap();
        plugin.deactivate(started.stop_processing());
    }
}
