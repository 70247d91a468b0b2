//! MIDI, which comes as events.

use super::*;

fn midi(time: u32, message: [u8; 3]) -> MidiEvent {
    MidiEvent::new(time, 0, message)
}

#[test]
fn programs_go_to_slots_and_a_learned_controller_moves_its_parameter_on_every_channel() {
    let mut hosted = Hosted::new();
    let mut audio = hosted.activate();
    let instance = hosted.instance.clone();
    let mut play = |messages: &[[u8; 3]]| {
        let mut events = EventBuffer::with_capacity(64);
        for message in messages {
            events.push(&midi(7, *message));
        }
        audio.block(&events.as_input(), &mut OutputEvents::void());
    };
    for (message, slot) in [
        ([0xc0, 3, 0], 3.0),
        ([0xc9, 7, 0], 7.0),
        ([0xc0, 8, 0], 7.0),
    ] {
        play(&[message]);
        assert_eq!(instance.value(ParameterId::Slot), slot);
    }
    instance.learn_controller(ParameterId::Input);
    play(&[[0xb0, 11, 127]]);
    assert_eq!(instance.value(ParameterId::Input), 0.0, "it only teaches");
    for (value, db) in [(127, 20.0), (0, -20.0)] {
        play(&[[0xb4, 11, value]]);
        assert_eq!(instance.value(ParameterId::Input), db);
    }
    // Down and up again at the same frame is a press.
    instance.learn_controller(ParameterId::NextCapture);
    play(&[[0xb0, 64, 127]]);
    instance.loader.look();
    let before = instance.loader.newest_order();
    play(&[[0xb0, 64, 127], [0xb0, 64, 0]]);
    instance.loader.look();
    assert!(instance.loader.newest_order() > before);
    hosted.deactivate(audio);
}

#[test]
fn a_controller_is_heard_from_its_frame_on_as_automation_is() {
    let render = |events: &EventBuffer| {
        let mut hosted = Hosted::new();
        let rendering: PluginRender = hosted.extension();
        let handle = hosted.plugin.plugin_handle();
        rendering.set(&handle, RenderMode::Offline).unwrap();
        hosted.instance.learn_controller(ParameterId::Input);
        assert!(hosted.instance.teach_controller(11));
        let mut audio = hosted.activate();
        let played = audio.block(&events.as_input(), &mut OutputEvents::void());
        hosted.deactivate(audio);
        played
    };
    let still = render(&EventBuffer::new());
    for frame in [0, 1, 20, 50] {
        let (mut moved, mut automated) = (EventBuffer::new(), EventBuffer::new());
        moved.push(&midi(frame, [0xb0, 11, 127]));
        automated.push(&value(frame, ParameterId::Input, 20.0));
        let heard = render(&moved);
        assert!(heard == render(&automated), "from frame {frame} on");
        assert!(heard != still, "{frame}");
    }
}
