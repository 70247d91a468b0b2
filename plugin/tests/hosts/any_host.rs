//! A host of either format with an instance of the plugin, for what is the same in both.

use std::path::Path;

use clack_extensions::render::RenderMode;
use clack_host::events::Pckn;
use clack_host::events::event_types::{MidiEvent, ParamModEvent, ParamValueEvent};

use crate::clap_host::{self, Edit, Parameter, load};
use crate::screen::Screen;
use crate::sound::Stereo;
use crate::vst3_host;

/// Most frames of a block.
pub(crate) const MOST: usize = 4096;

/// An audio thread of either format.
pub(crate) trait Audio: Send {
    /// Has a parameter, by its place in the host's list, take on a value at a frame of the next block. 0 to
    /// 1 is its range.
    fn point(&mut self, parameter: usize, frame: i32, value: f64);
    /// The same as a modulation where the format has it.
    fn modulate(&mut self, parameter: usize, frame: i32, value: f64);
    /// What hosts do between songs.
    fn reset(&mut self);
    /// A message of MIDI in the next block.
    fn midi(&mut self, frame: i32, message: [u8; 3]);
    /// Plays the next block.
    fn block(&mut self, sound: [&[f32]; 2]) -> Stereo;
}

/// A host of either format, with an instance.
pub(crate) trait Host {
    /// Whether it hands on program changes as a parameter, which it then moves by itself.
    const PROGRAMS_ARE_A_PARAMETER: bool;

    fn new(bundle: &Path) -> Self;
    /// The names of the parameters, in the plugin's order.
    fn names(&mut self) -> Vec<String>;
    /// Where a parameter stands, 0 to 1 being its range.
    fn position(&mut self, parameter: usize) -> f64;
    /// What the plugin calls a position.
    fn text(&mut self, parameter: usize, position: f64) -> String;
    fn save(&mut self) -> Vec<u8>;
    /// Restores a state; whether the plugin took it.
    fn restore(&mut self, state: &[u8]) -> bool;
    /// Has the next start of the audio be one for nobody who listens.
    fn set_offline(&mut self, offline: bool);
    /// Frames from the input to the output.
    fn latency(&mut self) -> usize;
    /// Does what the plugin wants done on the main thread.
    fn serve(&mut self);
    /// Starts the audio for `rate`, has `play` play on a thread of its own and `main` act on this one.
    fn run(
        &mut self,
        rate: f64,
        play: impl FnOnce(&mut dyn Audio) + Send,
        main: impl FnOnce(&mut Self),
    );
    /// Opens the window, and gives that which it is in.
    fn open(&mut self, screen: &Screen) -> u32;
    fn close(&mut self);
    /// How often the plugin said that it has moved a parameter by itself; any, if none is named.
    fn edits(&mut self, parameter: Option<usize>) -> usize;

    /// The place of the parameter of this name in the host's list.
    fn parameter(&mut self, name: &str) -> usize {
        let found = self.names().iter().position(|other| other == name);
        found.unwrap_or_else(|| panic!("there is no {name}"))
    }
}

impl Host for clap_host::Plugin {
    const PROGRAMS_ARE_A_PARAMETER: bool = false;

    fn new(bundle: &Path) -> Self {
        Self::new(&load(bundle))
    }

    fn names(&mut self) -> Vec<String> {
        let parameters = self.parameters().into_iter();
        parameters.map(|parameter| parameter.name).collect()
    }

    fn position(&mut self, parameter: usize) -> f64 {
        let Parameter { id, range, .. } = &self.parameters()[parameter];
        (self.value(*id) - range.start()) / (range.end() - range.start())
    }

    fn text(&mut self, parameter: usize, position: f64) -> String {
        let parameter = &self.parameters()[parameter];
        self.text(parameter.id, plain(parameter, position))
    }

    fn save(&mut self) -> Vec<u8> {
        self.save()
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        self.restore(state)
    }

    fn set_offline(&mut self, offline: bool) {
        self.render_mode(match offline {
            true => RenderMode::Offline,
            false => RenderMode::Realtime,
        });
    }

    fn latency(&mut self) -> usize {
        self.latency() as usize
    }

    fn serve(&mut self) {
        self.serve();
    }

    fn run(
        &mut self,
        rate: f64,
        play: impl FnOnce(&mut dyn Audio) + Send,
        main: impl FnOnce(&mut Self),
    ) {
        let parameters = &self.parameters();
        self.run(
            rate,
            MOST as u32,
            |audio| play(&mut ClapAudio { audio, parameters }),
            main,
        );
    }

    fn open(&mut self, screen: &Screen) -> u32 {
        self.create_editor();
        let (width, height) = self.editor_size();
        let window = screen.open("Gridleak in a CLAP host", width, height);
        self.show_editor(window);
        window
    }

    fn close(&mut self) {
        self.destroy_editor();
    }

    fn edits(&mut self, parameter: Option<usize>) -> usize {
        let wanted = parameter.map(|parameter| self.parameters()[parameter].id);
        let edits = self.requests.edits.lock().expect("no panic");
        let moves = edits.iter().filter(|(edit, _)| *edit == Edit::Value);
        moves
            .filter(|(_, id)| wanted.is_none_or(|wanted| wanted == *id))
            .count()
    }
}

/// The plain value at a position.
fn plain(Parameter { range, .. }: &Parameter, position: f64) -> f64 {
    range.start() + position * (range.end() - range.start())
}

struct ClapAudio<'a> {
    audio: &'a mut clap_host::Audio,
    parameters: &'a [Parameter],
}

impl Audio for ClapAudio<'_> {
    fn point(&mut self, parameter: usize, frame: i32, value: f64) {
        let parameter = &self.parameters[parameter];
        let value = plain(parameter, value);
        // What is before the block is far behind it here.
        let event = ParamValueEvent::new(frame as u32, parameter.id, Pckn::match_all(), value);
        self.audio.events.push(&event);
    }

    fn modulate(&mut self, parameter: usize, frame: i32, value: f64) {
        let Parameter { id, range, .. } = &self.parameters[parameter];
        let amount = (value - 0.5) * (range.end() - range.start());
        let event = ParamModEvent::new(frame as u32, *id, Pckn::match_all(), amount);
        self.audio.events.push(&event);
    }

    fn reset(&mut self) {
        self.audio.reset();
    }

    fn midi(&mut self, frame: i32, message: [u8; 3]) {
        let message = MidiEvent::new(frame as u32, 0, message);
        self.audio.events.push(&message);
    }

    fn block(&mut self, sound: [&[f32]; 2]) -> Stereo {
        self.audio.block_with_events(sound)
    }
}

impl Host for vst3_host::Plugin {
    const PROGRAMS_ARE_A_PARAMETER: bool = true;

    fn new(bundle: &Path) -> Self {
        Self::new(bundle)
    }

    fn names(&mut self) -> Vec<String> {
        Self::names(self)
    }

    fn position(&mut self, parameter: usize) -> f64 {
        Self::position(self, parameter)
    }

    fn text(&mut self, parameter: usize, position: f64) -> String {
        Self::text(self, parameter, position)
    }

    fn save(&mut self) -> Vec<u8> {
        self.save()
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        self.restore(state)
    }

    fn set_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    fn latency(&mut self) -> usize {
        Self::latency(self)
    }

    fn serve(&mut self) {
        self.serve();
    }

    fn run(
        &mut self,
        rate: f64,
        play: impl FnOnce(&mut dyn Audio) + Send,
        main: impl FnOnce(&mut Self),
    ) {
        self.run(rate, MOST as u32, |audio| play(audio), main);
    }

    fn open(&mut self, screen: &Screen) -> u32 {
        let (width, height) = self.editor_size();
        let window = screen.open("Gridleak in a VST3 host", width, height);
        self.show_editor(window);
        window
    }

    fn close(&mut self) {
        self.destroy_editor();
    }

    fn edits(&mut self, parameter: Option<usize>) -> usize {
        let wanted = parameter.map(|parameter| self.parameters[parameter]);
        let edits = self.host.edits.lock().expect("no panic");
        let moves = edits.iter();
        moves
            .filter(|id| wanted.is_none_or(|wanted| wanted == **id))
            .count()
    }
}

impl Audio for vst3_host::Audio {
    fn point(&mut self, parameter: usize, frame: i32, value: f64) {
        self.point(parameter, frame, value);
    }

    /// VST3 has none.
    fn modulate(&mut self, parameter: usize, frame: i32, value: f64) {
        self.point(parameter, frame, value);
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn midi(&mut self, frame: i32, message: [u8; 3]) {
        self.midi(frame, message);
    }

    fn block(&mut self, sound: [&[f32]; 2]) -> Stereo {
        let mut played = sound.map(<[f32]>::to_vec);
        self.block(played.each_mut().map(Vec::as_mut_slice));
        played
    }
}
