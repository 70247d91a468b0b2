//! The shell as hosts use it, and as they should not.

mod host;
mod midi;

use std::collections::HashSet;
use std::mem::zeroed;
use std::ptr;

use assert_no_alloc::{assert_no_alloc, reset_violation_count, violation_count};
use gridleak_core::{Kind, PARAMETERS, ParameterId};
use vst3::Steinberg::{Vst::ParameterInfo_::ParameterFlags_::*, Vst::RestartFlags_::*, Vst::*, *};
use vst3::{ComPtr, ComWrapper};

use super::component::Component;
use super::parameters::{COUNT, Target};
use super::text::{read_utf16, write_utf8, write_utf16};
use crate::session::host_link::{Edit, Request};
use crate::session::instance::Instance;
use crate::session::part::{Part, PartKind};
use host::{Handler, Loop, Plugin, Queue, Stream, changes, factory};

const MONO: u64 = SpeakerArr::kMono;
const STEREO: u64 = SpeakerArr::kStereo;
const LIVE: i32 = ProcessModes_::kRealtime as i32;
const OFFLINE: i32 = ProcessModes_::kOffline as i32;
const INPUT: ParamID = 1;
const OUTPUT: ParamID = 2;

/// Two channels of something like a guitar.
fn sound(frames: usize) -> [Vec<f32>; 2] {
    let wave = |step: f32| (0..frames).map(|n| (n as f32 * step).sin() * 0.3).collect();
    [wave(0.05), wave(0.07)]
}

#[test]
fn the_factory_says_what_there_is() {
    let factory = factory();
    // SAFETY: everything passed is there, or null on purpose.
    unsafe {
        assert_eq!(factory.countClasses(), 1);
        let (mut info, mut wide) = (zeroed::<PClassInfo2>(), zeroed::<PClassInfoW>());
        assert_eq!(factory.getClassInfo2(0, &raw mut info), kResultOk);
        assert_eq!(factory.getClassInfoUnicode(0, &raw mut wide), kResultOk);
        assert_eq!(factory.getClassInfo2(1, &raw mut info), kInvalidArgument);
        assert_eq!(factory.getClassInfo2(0, ptr::null_mut()), kInvalidArgument);
        assert_eq!(info.cid, wide.cid);
        assert_eq!(read_utf16(&wide.name), "Gridleak");
        let mut kinds = [0; 128];
        write_utf8("Fx|Distortion", &mut kinds);
        assert_eq!(info.subCategories, kinds);
        let mut object = ptr::dangling_mut();
        for (class, interface) in [
            (ptr::null(), info.cid.as_ptr()),
            (info.cid.as_ptr(), ptr::null()),
            (c"No class of ours".as_ptr(), info.cid.as_ptr()),
            // A class is no interface.
            (info.cid.as_ptr(), info.cid.as_ptr()),
        ] {
            assert_ne!(
                factory.createInstance(class, interface, &raw mut object),
                kResultOk
            );
            assert!(object.is_null());
        }
    }
}

#[test]
fn every_parameter_says_what_it_is_and_reads_what_it_shows() {
    let plugin = Plugin::new();
    let units: ComPtr<IUnitInfo> = plugin.component.cast().unwrap();
    let mut ids = HashSet::new();
    // SAFETY: everything passed is there.
    unsafe {
        assert_eq!(plugin.controller.getParameterCount(), COUNT as i32);
        let mut groups = vec![];
        for index in 0..units.getUnitCount() {
            let mut info = zeroed::<UnitInfo>();
            assert_eq!(units.getUnitInfo(index, &raw mut info), kResultOk);
            assert_eq!(
                info.parentUnitId,
                if index == 0 {
                    kNoParentUnitId
                } else {
                    kRootUnitId
                }
            );
            groups.push((info.id, read_utf16(&info.name)));
        }
        for index in 0..COUNT as i32 {
            let mut info = zeroed::<ParameterInfo>();
            assert_eq!(
                plugin.controller.getParameterInfo(index, &raw mut info),
                kResultOk
            );
            assert!(ids.insert(info.id), "{} twice", info.id);
            let Some(row) = PARAMETERS.get(index as usize) else {
                assert_eq!(info.stepCount, 127);
                continue;
            };
            assert_eq!(
                (info.id, read_utf16(&info.title)),
                (row.number, row.name.into())
            );
            let flag = |flag| info.flags & flag != 0;
            assert_eq!(flag(kCanAutomate), row.automatable, "{}", row.id);
            assert_eq!(
                flag(kIsList),
                matches!(row.kind, Kind::Choice(_)),
                "{}",
                row.id
            );
            assert_eq!(
                flag(kIsReadOnly),
                matches!(row.kind, Kind::Readout),
                "{}",
                row.id
            );
            assert_eq!(
                flag(kIsBypass),
                row.which == ParameterId::Bypass,
                "{}",
                row.id
            );
            assert!(!flag(kIsHidden), "{}", row.id);
            let group = groups.iter().find(|(id, _)| *id == info.unitId).unwrap();
            // The slots are the programs, which belong to the whole.
            let whole = row.group.name().is_empty() || row.which == ParameterId::Slot;
            assert!(group.0 == 0 && whole || group.1 == row.group.name());
            assert!((0.0..=1.0).contains(&info.defaultNormalizedValue));
            if flag(kIsReadOnly) {
                continue;
            }
            let steps = if info.stepCount > 0 {
                info.stepCount
            } else {
                16
            };
            for step in 0..=steps {
                let at = f64::from(step) / f64::from(steps);
                let plain = plugin.controller.normalizedParamToPlain(info.id, at);
                assert_eq!(plain as f32, row.at_position(at as f32), "{}", row.id);
                let back = plugin.controller.plainParamToNormalized(info.id, plain);
                assert!((back - at).abs() < 1e-5, "{}: {at} {back}", row.id);
                let show = |at| {
                    let mut text = [0; 128];
                    let place = &raw mut text;
                    plugin.controller.getParamStringByValue(info.id, at, place);
                    text
                };
                let (mut text, mut read) = (show(at), f64::NAN);
                let unit = read_utf16(&info.units);
                let shown = read_utf16(&text);
                assert!(
                    unit.is_empty() || !shown.ends_with(&unit),
                    "{}: {shown}",
                    row.id
                );
                let text = text.as_mut_ptr();
                let parsed = plugin
                    .controller
                    .getParamValueByString(info.id, text, &raw mut read);
                assert_eq!(parsed, kResultOk, "{}: {shown}", row.id);
                assert_eq!(read_utf16(&show(read)), shown, "{}", row.id);
                assert_eq!(plugin.controller.setParamNormalized(info.id, at), kResultOk);
                assert!((plugin.value(info.id) - at).abs() < 1e-5, "{}", row.id);
            }
        }
    }
}

#[test]
fn a_value_is_heard_from_its_frame_on_and_the_first_render_is_complete() {
    let render = |queues: Vec<Queue>| {
        let plugin = Plugin::new();
        plugin.start(STEREO, STEREO, OFFLINE);
        let first = plugin.play(&mut sound(512), None);
        let heard = first[0].iter().any(|sample| sample.abs() > 0.01);
        assert!(heard, "the rig is not there yet");
        plugin.play(&mut sound(512), Some(&changes(queues)))
    };
    let before = render(vec![]);
    for frame in [0, 1, 63, 64, 100, 511] {
        for (first, last) in [(INPUT, OUTPUT), (OUTPUT, INPUT)] {
            let moved = render(vec![
                Queue(first, vec![(frame, 0.25), (600, 0.5)]),
                // Goes back in time, and is where it stands already.
                Queue(last, vec![(300, 0.5), (-7, 0.5)]),
                Queue(77_777, vec![(0, 1.0)]),
            ]);
            for (before, moved) in before.iter().zip(&moved) {
                let same = before.iter().zip(moved).take_while(|(a, b)| a == b).count();
                // A ramp begins where the value was.
                assert!(
                    (frame as usize..frame as usize + 3).contains(&same),
                    "{frame}: {same}"
                );
            }
        }
    }
}

#[test]
fn wild_automation_allocates_nothing_and_stays_a_sound() {
    let plugin = Plugin::new();
    plugin.start(STEREO, STEREO, LIVE);
    let mut random = 1u32;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(random >> 8) / f64::from(1 << 24)
    };
    let (mut input, mut output) = (sound(64), sound(64));
    for block in 0..50 {
        let mut point = |most: f64| {
            let odd = [f64::NAN, f64::INFINITY, -1.0, 2.0][(next() * 4.0) as usize];
            let value = if next() < 0.1 { odd } else { next() };
            (((next() * 1.2 - 0.1) * most) as i32, value)
        };
        let mut queues: Vec<Queue> = (0..COUNT as i32)
            .map(|index| {
                let points = (0..if block % 10 == 0 { 2000 } else { 8 }).map(|_| point(64.0));
                Queue(Target::at(index).unwrap().id(), points.collect())
            })
            .collect();
        queues.extend((0..600).map(|id| Queue(1_000_000 + id, vec![point(64.0)])));
        let changes = changes(queues);
        let mut inputs = input.each_mut().map(|channel| channel.as_mut_ptr());
        let mut outputs = output.each_mut().map(|channel| channel.as_mut_ptr());
        reset_violation_count();
        assert_no_alloc(|| plugin.block(&mut inputs, &mut outputs, 64, Some(&changes)));
        assert_eq!(violation_count(), 0);
        assert!(output.iter().flatten().all(|sample| sample.is_finite()));
    }
}

#[test]
fn buffers_may_be_shared_swapped_missing_or_too_many() {
    let bypassed = || {
        let plugin = Plugin::new();
        // SAFETY: takes no pointers.
        unsafe {
            plugin
                .controller
                .setParamNormalized(ParameterId::Bypass.row().number, 1.0)
        };
        plugin.start(STEREO, STEREO, LIVE);
        plugin
    };
    let wanted = bypassed().play(&mut sound(256), None);
    let mut shared = sound(256);
    let [left, right] = shared.each_mut().map(|channel| channel.as_mut_ptr());
    bypassed().block(&mut [left, right], &mut [right, left], 256, None);
    assert_eq!([&shared[1], &shared[0]], wanted.each_ref());
    // A channel too many is silent, one too few is not missed, and so are those that are null.
    let mut more = [sound(256), sound(256)].concat();
    let [a, b, c, d] = [0, 1, 2, 3].map(|at: usize| more[at].as_mut_ptr());
    let silent = bypassed().block(&mut [a, b, a], &mut [c, d, b, ptr::null_mut()], 256, None);
    assert_eq!((more[2..].iter().eq(&wanted), silent), (true, 0b1100));
    assert!(more[1].iter().all(|&sample| sample == 0.0));
    let plugin = bypassed();
    assert_eq!(plugin.block(&mut [], &mut [c, d], 256, None), 0b11);
    assert!(more[2..].iter().flatten().all(|&sample| sample == 0.0));
    plugin.block(&mut [a], &mut [], 256, None);
    plugin.block(
        &mut [ptr::null_mut(); 2],
        &mut [c, ptr::null_mut()],
        256,
        None,
    );
    // Parameters alone.
    let changes = changes(vec![Queue(INPUT, vec![(5, 0.75)])]);
    plugin.block(&mut [], &mut [], 0, Some(&changes));
    assert!((plugin.value(INPUT) - 0.75).abs() < 1e-6);
}

#[test]
fn layouts_are_what_is_offered_and_hold_while_it_is_active() {
    let plugin = Plugin::new();
    let set = |inputs: u64, outputs: u64| {
        let (mut inputs, mut outputs) = (inputs, outputs);
        let (i, o) = (&raw mut inputs, &raw mut outputs);
        // SAFETY: everything passed is there.
        unsafe { plugin.processor.setBusArrangements(i, 1, o, 1) == kResultTrue }
    };
    for (inputs, outputs, good) in [
        (MONO, MONO, true),
        (MONO, STEREO, true),
        (STEREO, MONO, false),
        (SpeakerArr::k51, SpeakerArr::k51, false),
        (0, 0, false),
    ] {
        assert_eq!(set(inputs, outputs), good);
    }
    plugin.start(MONO, STEREO, LIVE);
    assert!(!set(STEREO, STEREO) && set(MONO, STEREO));
    // SAFETY: everything passed is there.
    unsafe {
        let (mut arrangement, mut info) = (0, zeroed::<BusInfo>());
        plugin
            .processor
            .getBusArrangement(0, 0, &raw mut arrangement);
        plugin.component.getBusInfo(0, 1, 0, &raw mut info);
        assert_eq!((arrangement, info.channelCount), (MONO, 2));
        assert_eq!(plugin.component.setActive(0), kResultOk);
    }
    assert!(set(STEREO, STEREO));
}

#[test]
fn a_state_comes_back_and_what_is_none_changes_nothing() {
    let (plugin, other) = (Plugin::new(), Plugin::new());
    // SAFETY: everything passed is there.
    unsafe {
        plugin.controller.setParamNormalized(INPUT, 0.7);
        let saved = Stream::holding(b"");
        let stream = saved.to_com_ptr::<IBStream>().unwrap();
        assert_eq!(plugin.component.getState(stream.as_ptr()), kResultOk);
        let bytes = saved.bytes.lock().clone();
        assert!(bytes.len() > 100);
        assert_eq!(other.component.setState(stream.as_ptr()), kResultOk);
        assert!((other.value(INPUT) - 0.7).abs() < 1e-6);
        for bad in [&b""[..], b"Gridleak", &[0xff; 3000]] {
            let stream = Stream::holding(bad).to_com_ptr::<IBStream>().unwrap();
            assert_eq!(other.component.setState(stream.as_ptr()), kResultFalse);
        }
        // A host that says of each piece that it was longer, or that there was none at all.
        for lies in [1 << 20, i32::MIN] {
            let liar = Stream {
                bytes: bytes.clone().into(),
                lies,
                ..Stream::default()
            };
            let stream = ComWrapper::new(liar).to_com_ptr::<IBStream>().unwrap();
            assert_eq!(other.component.setState(stream.as_ptr()), kResultFalse);
        }
        assert_eq!(other.component.setState(ptr::null_mut()), kInvalidArgument);
        assert_eq!(other.component.getState(ptr::null_mut()), kInvalidArgument);
        assert!((other.value(INPUT) - 0.7).abs() < 1e-6);
    }
}

/// An instance whose inside the test sees too, a loop and a host that listens.
fn watched() -> (
    ComWrapper<Component>,
    ComPtr<IEditController>,
    ComWrapper<Loop>,
    ComWrapper<Handler>,
) {
    let component = ComWrapper::new(Component::new());
    let (main, handler) = (
        ComWrapper::new(Loop::default()),
        ComWrapper::new(Handler::default()),
    );
    let controller = component.to_com_ptr::<IEditController>().unwrap();
    let listens = handler.to_com_ptr::<IComponentHandler>().unwrap();
    let lends = main.to_com_ptr::<FUnknown>().unwrap();
    // SAFETY: everything passed is there.
    unsafe {
        assert_eq!(controller.initialize(lends.as_ptr()), kResultOk);
        assert_eq!(controller.setComponentHandler(listens.as_ptr()), kResultOk);
    }
    (component, controller, main, handler)
}

#[test]
fn what_the_instance_asks_reaches_the_host_on_its_own_thread() {
    let (component, controller, main, handler) = watched();
    let link = component.shared.instance.link.clone();
    link.take();
    let told = || std::mem::take(&mut *handler.0.lock());
    for edit in [
        Edit::Begin(ParameterId::Input),
        Edit::Set(ParameterId::Input, 10.0),
        Edit::End(ParameterId::Input),
    ] {
        link.edit(edit);
    }
    assert!(told().is_empty());
    main.turn();
    assert_eq!(told(), ["begin 1", "perform 1 0.75", "end 1"]);
    let values = format!("restart {kParamValuesChanged}");
    for (request, words) in [
        (Request::ProjectChanged, vec!["dirty 1".into()]),
        (Request::Values, vec![values.clone()]),
        (Request::Texts, vec!["programs 1 -1".into(), values]),
        (Request::Restart, vec![format!("restart {kLatencyChanged}")]),
    ] {
        link.ask(request);
        main.turn();
        assert_eq!(told(), words);
    }
    // SAFETY: everything passed is there.
    unsafe { assert_eq!(controller.terminate(), kResultOk) };
    link.ask(Request::ProjectChanged);
    main.turn();
    assert_eq!((main.timers(), told().len()), (0, 0));
}

#[test]
fn a_host_that_only_reads_the_latency_gets_the_right_one() {
    let (component, controller, main, handler) = watched();
    let processor = component.to_com_ptr::<IAudioProcessor>().unwrap();
    let number = ParameterId::Oversampling.row().number;
    // SAFETY: takes no pointers.
    let latency = || unsafe { processor.getLatencySamples() };
    component.shared.set_active(true);
    let before = latency();
    // SAFETY: takes no pointers.
    unsafe { controller.setParamNormalized(number, 1.0) };
    component.shared.instance.link.ask(Request::Restart);
    main.turn();
    assert!(latency() > before, "{before} {}", latency());
    let restarts = handler
        .0
        .lock()
        .iter()
        .filter(|told| *told == "restart 8")
        .count();
    assert_eq!(restarts, 2);
}

#[test]
fn the_latency_is_right_as_soon_as_the_rate_is_set_up() {
    let plugin = Plugin::new();
    let latency = |rate| {
        let mut setup = ProcessSetup {
            processMode: LIVE,
            symbolicSampleSize: 0,
            maxSamplesPerBlock: 512,
            sampleRate: rate,
        };
        // SAFETY: everything passed is there.
        unsafe {
            assert_eq!(plugin.processor.setupProcessing(&raw mut setup), kResultOk);
            let before = plugin.processor.getLatencySamples();
            assert_eq!(plugin.component.setActive(1), kResultOk);
            assert_eq!(plugin.processor.getLatencySamples(), before, "{rate}");
            assert_eq!(plugin.component.setActive(0), kResultOk);
            before
        }
    };
    assert!(latency(44_100.0) > 0);
    assert_eq!(latency(48_000.0), 0);
    assert!(latency(96_000.0) > 0);
}

#[test]
fn neither_echoes_nor_automation_move_what_is_held() {
    let (component, controller, main, _handler) = watched();
    let plugin = Plugin {
        component: component.to_com_ptr().unwrap(),
        processor: component.to_com_ptr().unwrap(),
        controller,
    };
    plugin.start(STEREO, STEREO, LIVE);
    let feed = |position| {
        let changes = changes(vec![Queue(INPUT, vec![(0, position)])]);
        plugin.play(&mut sound(64), Some(&changes));
    };
    // The host's list is early: it waits, and goes when the block has something else.
    // SAFETY: takes no pointers.
    unsafe { plugin.controller.setParamNormalized(INPUT, 0.9) };
    assert!((plugin.value(INPUT) - 0.9).abs() < 1e-6);
    assert_eq!(component.shared.instance.value(ParameterId::Input), 0.0);
    feed(0.25);
    assert_eq!(plugin.value(INPUT), 0.25);
    // SAFETY: takes no pointers.
    unsafe { plugin.controller.setParamNormalized(OUTPUT, 0.75) };
    feed(0.25);
    assert_eq!(component.shared.instance.value(ParameterId::Output), 20.0);
    // A hand in the window is newer than what waits, and what waits is set where no block will come.
    let link = &component.shared.instance.link;
    for (edit, set) in [
        (Edit::Set(ParameterId::Output, 20.0), 20.0),
        (Edit::Begin(ParameterId::Output), 20.0),
        (Edit::End(ParameterId::Output), 0.0),
    ] {
        // SAFETY: takes no pointers.
        unsafe { plugin.processor.setProcessing(1) };
        component.shared.echoes.put_off(ParameterId::Output, 0.0);
        link.edit(edit);
        main.turn();
        // SAFETY: takes no pointers.
        unsafe { plugin.processor.setProcessing(0) };
        assert_eq!(component.shared.instance.value(ParameterId::Output), set);
    }
    // SAFETY: takes no pointers.
    unsafe { plugin.processor.setProcessing(1) };
    link.edit(Edit::Begin(ParameterId::Input));
    main.turn();
    feed(0.5);
    assert_eq!(plugin.value(INPUT), 0.25);
    link.edit(Edit::End(ParameterId::Input));
    main.turn();
    feed(0.5);
    assert_eq!(plugin.value(INPUT), 0.5);
}

#[test]
fn a_button_acts_even_if_it_goes_up_again_at_the_same_frame_or_before_the_block() {
    let (component, controller, ..) = watched();
    let plugin = Plugin {
        component: component.to_com_ptr().unwrap(),
        processor: component.to_com_ptr().unwrap(),
        controller,
    };
    let Instance { rig, loader, .. } = &*component.shared.instance;
    let [next, previous] =
        [ParameterId::NextCapture, ParameterId::PreviousCapture].map(|which| which.row().number);
    let plays = || {
        let (_, saved) = rig.part(Part::new(0, PartKind::Capture)).current();
        saved.built_in_name().unwrap().to_owned()
    };
    // The order is given when the loader looks, and by that the rig means another capture.
    let acted = |before: &str| {
        let order = loader.newest_order();
        loader.look();
        while !loader.has_carried_out(order.max(loader.newest_order())) {
            std::thread::yield_now();
        }
        plays() != before
    };
    plugin.start(STEREO, STEREO, LIVE);
    let first = plays();
    let points = changes(vec![Queue(next, vec![(9, 1.0), (9, 0.0)])]);
    plugin.play(&mut sound(64), Some(&points));
    assert!(acted(&first), "{first} plays still");
    let second = plays();
    for position in [1.0, 0.0] {
        // SAFETY: takes no pointers.
        unsafe { plugin.controller.setParamNormalized(previous, position) };
        assert_eq!(plugin.value(previous), position);
    }
    plugin.play(&mut sound(64), None);
    assert!(acted(&second), "{second} plays still");
    assert_eq!(rig.value(ParameterId::PreviousCapture), 0.0);
    // Held down it acts once.
    let third = plays();
    for _ in 0..3 {
        let points = changes(vec![Queue(next, vec![(0, 1.0), (9, 1.0)])]);
        plugin.play(&mut sound(64), Some(&points));
    }
    assert!(acted(&third), "{third} plays still");
    let fourth = plays();
    plugin.play(&mut sound(64), None);
    assert!(!acted(&fourth));
}

#[test]
fn wrong_calls_in_the_wrong_order_do_no_harm() {
    let plugin = Plugin::new();
    let (component, processor, controller) =
        (&plugin.component, &plugin.processor, &plugin.controller);
    let units: ComPtr<IUnitInfo> = component.cast().unwrap();
    // SAFETY: everything passed is there, or null on purpose.
    unsafe {
        // Sound before it is active, and a flush.
        let mut input = sound(64);
        assert!(
            plugin
                .play(&mut input, None)
                .iter()
                .flatten()
                .all(|&sample| sample == 0.0)
        );
        assert_eq!(processor.setProcessing(1), kResultOk);
        assert_eq!(component.setActive(0), kResultOk);
        assert_eq!(processor.process(ptr::null_mut()), kInvalidArgument);
        let mut empty = zeroed::<ProcessData>();
        for frames in [0, 64, -1, i32::MIN] {
            empty.numSamples = frames;
            assert_eq!(processor.process(&raw mut empty), kResultOk);
        }
        (empty.numInputs, empty.numOutputs) = (1, 1);
        assert_eq!(processor.process(&raw mut empty), kResultOk);
        empty.symbolicSampleSize = 1;
        assert_eq!(processor.process(&raw mut empty), kInvalidArgument);
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut setup = zeroed::<ProcessSetup>();
            setup.sampleRate = rate;
            assert_eq!(processor.setupProcessing(&raw mut setup), kResultFalse);
        }
        assert_eq!(processor.setupProcessing(ptr::null_mut()), kInvalidArgument);
        let (null, index) = (ptr::null_mut(), [-1, i32::MIN, i32::MAX, 1000]);
        assert_eq!(
            processor.setBusArrangements(null, 1, null, 1),
            kInvalidArgument
        );
        assert_eq!(processor.setBusArrangements(null, 0, null, 0), kResultFalse);
        for index in index {
            let mut info = zeroed::<ParameterInfo>();
            assert_eq!(
                controller.getParameterInfo(index, &raw mut info),
                kInvalidArgument
            );
            let (mut unit, mut bus, mut name) = (zeroed(), zeroed(), [0; 128]);
            assert_eq!(units.getUnitInfo(index, &raw mut unit), kInvalidArgument);
            assert_eq!(
                component.getBusInfo(0, 0, index, &raw mut bus),
                kInvalidArgument
            );
            assert_eq!(
                component.getBusInfo(index, 0, 0, &raw mut bus),
                kInvalidArgument
            );
            assert_eq!(component.getBusCount(index, index), 0);
            assert_eq!(units.getProgramName(1, index, &raw mut name), kResultFalse);
        }
        let strange = 4_000_000_000;
        assert_eq!(controller.setParamNormalized(strange, 0.5), kResultFalse);
        assert_eq!(controller.setParamNormalized(INPUT, f64::NAN), kResultFalse);
        assert_eq!(controller.normalizedParamToPlain(INPUT, f64::NAN), -20.0);
        assert_eq!(controller.plainParamToNormalized(INPUT, f64::NAN), 0.0);
        assert_eq!(controller.getParamNormalized(strange), 0.0);
        let mut typed = [0xd800; 128];
        let mut at = 0.0;
        let text = typed.as_mut_ptr();
        assert_eq!(
            controller.getParamValueByString(INPUT, text, &raw mut at),
            kResultFalse
        );
        let null = ptr::null_mut();
        assert_eq!(
            controller.getParamValueByString(INPUT, null, &raw mut at),
            kInvalidArgument
        );
        assert_eq!(
            controller.getParamStringByValue(INPUT, 0.5, ptr::null_mut()),
            kInvalidArgument
        );
        assert!(controller.createView(ptr::null()).is_null());
        assert!(controller.createView(c"list".as_ptr()).is_null());
        // Twice each, and once more after its end.
        for _ in 0..2 {
            assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
            plugin.start(STEREO, STEREO, LIVE);
            assert_eq!(component.setActive(1), kResultOk);
            assert_eq!(component.terminate(), kResultOk);
            assert_eq!(component.terminate(), kResultOk);
            plugin.play(&mut input, None);
            assert_eq!(controller.setComponentHandler(ptr::null_mut()), kResultOk);
        }
    }
}

#[test]
fn text_is_cut_between_characters() {
    let mut place = [7; 4];
    for (text, shown) in [
        ("abcd", "abc"),
        ("ab\u{1f3b8}", "ab"),
        ("a\u{1f3b8}", "a\u{1f3b8}"),
    ] {
        write_utf16(text, &mut place);
        assert_eq!(read_utf16(&place), shown);
    }
    let mut place = [7; 4];
    write_utf8("ab\u{e9}", &mut place);
    assert_eq!(place, [b'a' as _, b'b' as _, 0, 0]);
}
