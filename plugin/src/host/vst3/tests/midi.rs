//! MIDI, which VST3 hosts hand on as parameters.

use std::mem::zeroed;

use gridleak_core::{ParameterId, SLOTS};
use vst3::ComPtr;
use vst3::Steinberg::{Vst::ParameterInfo_::ParameterFlags_::*, Vst::*, *};

use super::super::parameters::Target;
use super::super::text::read_utf16;
use super::host::{Plugin, Queue, changes};
use super::{INPUT, OFFLINE, STEREO, sound, watched};
use crate::session::instance::Instance;

/// What a host feeds for a controller.
fn controller(number: u8) -> ParamID {
    Target::Controller(number).id()
}

/// An instance that plays.
fn playing() -> (Plugin, std::sync::Arc<Instance>) {
    let (component, controller, ..) = watched();
    let plugin = Plugin {
        component: component.to_com_ptr().unwrap(),
        processor: component.to_com_ptr().unwrap(),
        controller,
    };
    plugin.start(STEREO, STEREO, OFFLINE);
    (plugin, component.shared.instance.clone())
}

#[test]
fn every_controller_of_every_channel_has_a_parameter_and_the_slots_are_the_programs() {
    let plugin = Plugin::new();
    let mapping: ComPtr<IMidiMapping> = plugin.component.cast().unwrap();
    let units: ComPtr<IUnitInfo> = plugin.component.cast().unwrap();
    // SAFETY: everything passed is there.
    unsafe {
        let target = |bus, channel, controller| {
            let mut id = 0;
            let found = mapping.getMidiControllerAssignment(bus, channel, controller, &raw mut id);
            (found == kResultTrue).then(|| Target::with_id(id))?
        };
        for channel in 0..16 {
            for number in 0..128 {
                let expected = Target::Controller(number);
                assert_eq!(target(0, channel, number.into()), Some(expected));
            }
        }
        assert_eq!(target(0, 3, 130), Some(Target::Program));
        for (bus, controller) in [(1, 20), (0, -1), (0, 128), (0, i16::MAX)] {
            assert_eq!(target(bus, 3, controller), None);
        }
        let (mut root, mut list) = (zeroed::<UnitInfo>(), zeroed::<ProgramListInfo>());
        assert_eq!(units.getUnitInfo(0, &raw mut root), kResultOk);
        assert_eq!(units.getProgramListInfo(0, &raw mut list), kResultOk);
        assert_eq!(
            (root.programListId, list.programCount),
            (list.id, SLOTS as i32)
        );
        let programs = (0..).map(|index| {
            let mut info = zeroed::<ParameterInfo>();
            plugin.controller.getParameterInfo(index, &raw mut info);
            info
        });
        let programs: Vec<_> = programs
            .take(plugin.controller.getParameterCount() as usize)
            .filter(|info| info.flags & kIsProgramChange != 0)
            .collect();
        assert_eq!(programs.len(), 1);
        let slot = ParameterId::Slot.row().number;
        assert_eq!((programs[0].id, programs[0].unitId), (slot, root.id));
        assert_eq!(programs[0].stepCount, list.programCount - 1);
        for index in 0..list.programCount {
            let (mut name, mut text) = ([0; 128], [0; 128]);
            let named = units.getProgramName(list.id, index, &raw mut name);
            let at = f64::from(index) / f64::from(programs[0].stepCount);
            plugin
                .controller
                .getParamStringByValue(slot, at, &raw mut text);
            assert_eq!((named, read_utf16(&name)), (kResultOk, read_utf16(&text)));
            assert!(!read_utf16(&name).is_empty());
        }
        let mut name = [0; 128];
        let (list, most) = (list.id, list.programCount);
        assert_eq!(
            units.getProgramName(list, most, &raw mut name),
            kResultFalse
        );
        assert_eq!(
            units.getProgramName(list + 1, 0, &raw mut name),
            kResultFalse
        );
    }
}

#[test]
fn a_learned_controller_is_heard_from_its_frame_on_as_automation_is() {
    let render = |id, points: &[(i32, f64)]| {
        let (plugin, instance) = playing();
        instance.learn_controller(ParameterId::Input);
        // It is learned in a block, and moves nothing yet.
        let taught = changes(vec![Queue(controller(11), vec![(0, 1.0)])]);
        plugin.play(&mut sound(512), Some(&taught));
        let Instance { rig, .. } = &*instance;
        assert_eq!(
            (rig.midi.learning(), rig.value(ParameterId::Input)),
            (None, 0.0)
        );
        let points = changes(vec![Queue(id, points.to_vec())]);
        plugin.play(&mut sound(512), Some(&points))
    };
    let (still, other) = (render(INPUT, &[]), render(controller(12), &[(100, 1.0)]));
    assert!(still == other, "it was not learned");
    for frame in [0, 1, 63, 64, 100, 450] {
        let steps = [(frame, 1.0), (frame + 20, 0.0)];
        let heard = render(controller(11), &steps);
        assert!(heard == render(INPUT, &steps), "from frame {frame} on");
        assert!(heard != still, "{frame}");
    }
}

#[test]
fn programs_go_to_slots_whichever_way_the_host_hands_them_on() {
    let (plugin, instance) = playing();
    let slot = || instance.value(ParameterId::Slot);
    for program in 0..SLOTS {
        let last = SLOTS - 1 - program;
        let listed = last as f64 / (SLOTS - 1) as f64;
        for (id, at, goes_to) in [
            (ParameterId::Slot.row().number, listed, last),
            (Target::Program.id(), program as f64 / 127.0, program),
            // There is no such slot.
            (Target::Program.id(), 8.0 / 127.0, program),
        ] {
            let points = changes(vec![Queue(id, vec![(7, at)])]);
            plugin.play(&mut sound(64), Some(&points));
            assert_eq!(slot(), goes_to as f32);
        }
    }
}

#[test]
fn a_host_that_tells_what_is_moved_live_teaches_without_a_block() {
    let (component, _controller, main, handler) = watched();
    let learn: ComPtr<IMidiLearn> = component.to_com_ptr().unwrap();
    let instance = &component.shared.instance;
    main.turn();
    handler.0.lock().clear();
    instance.learn_controller(ParameterId::Gate);
    // SAFETY: takes no pointers.
    let moved = |bus, cc| unsafe { learn.onLiveMIDIControllerInput(bus, 5, cc) };
    for (bus, cc) in [(1, 20), (0, -1), (0, 128), (0, 123), (0, i16::MIN)] {
        assert_eq!(moved(bus, cc), kResultFalse, "{cc}");
    }
    assert_eq!(moved(0, 20), kResultTrue);
    assert_eq!(moved(0, 20), kResultFalse, "only once");
    let controllers = instance.rig.midi.controllers();
    assert_eq!(controllers.cc_of(ParameterId::Gate), Some(20));
    main.turn();
    assert_eq!(*handler.0.lock(), ["dirty 1"], "the project is another one");
    instance.forget_controller(ParameterId::Gate);
    assert_eq!(
        instance.rig.midi.controllers().cc_of(ParameterId::Gate),
        None
    );
}
