//! The window as a plain function from what is to be seen to what was done.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Align2, Color32, Key, KeyboardShortcut, Modifiers, Rect, ScrollArea, Sense, Ui, vec2};

use gridleak_core::{ParameterId, Side};

use super::coach::Coach;
use super::control::{Controls, options};
use super::layout::{self, Layout};
use super::message_bar::MessageBar;
pub(crate) use super::meter::Levels;
use super::widgets::{self, Button, Icon, Radio};
use super::words::{self, Facts};
use super::{browser, info, knob, meter, rig, setup, theme};
use crate::capture_info::CaptureInfo;
use crate::files::failure::one_line;
use crate::session::folder::{Place, Step};
use crate::session::library::{Listing, Origin};
use crate::session::meters::Load;
use crate::session::part::{ForParts, Part};

/// All that is to be seen.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) status: Status,
    pub(crate) controls: Controls,
    /// What there is to browse; a new one whenever it has changed.
    pub(crate) listing: Arc<Listing>,
    /// Whether the system's file dialog is open.
    pub(crate) choosing: bool,
}

impl View {
    /// The part that is the capture now: A or B.
    pub(super) fn capture_part(&self) -> Part {
        match self.controls.settings.side {
            Side::A => Part::Capture,
            Side::B => Part::SecondCapture,
        }
    }

    /// Whether there is something that a switch switches: a lamp that is lit where nothing is loaded
    /// tells of a sound that is not there.
    fn has_something_to_switch(&self, switch: ParameterId) -> bool {
        let part = |part: Part| &self.status.parts[part.index()];
        match switch {
            ParameterId::Pedal => part(Part::Pedal).plays,
            ParameterId::Cab => [Part::Cab, Part::SecondCab]
                .into_iter()
                .any(|cab| part(cab).response.is_some()),
            _ => true,
        }
    }
}

/// What the plugin has to say besides its parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status {
    pub(crate) parts: ForParts<PartStatus>,
    /// Whether the cabinet follows the capture.
    pub(crate) cab_by_capture: bool,
    /// `None` until one is loaded.
    pub(crate) capture: Option<CaptureStatus>,
    pub(crate) can_undo: bool,
    pub(crate) can_redo: bool,
    /// What playing costs.
    pub(crate) load: Load,
    /// Whether the project carries the files; `None` where there is none.
    pub(crate) embedding: Option<Embedding>,
    /// Whether something is being loaded.
    pub(crate) busy: bool,
    pub(crate) message: Option<Message>,
    /// What does not play as the project means it, in a line.
    pub(crate) absent: Option<String>,
    /// What the user is asked; it stays until it is answered.
    pub(crate) question: Option<Question>,
    /// The largest sample of the guitar as it comes in, in linear amplitude.
    pub(crate) guitar: f32,
    pub(crate) input: Levels,
    pub(crate) output: Levels,
    pub(crate) gate: GateMeter,
    /// The latency that the host was told; `None` while the plugin is not active.
    pub(crate) latency: Option<Latency>,
    /// The level of the interface that new instances begin with, in dBu.
    pub(crate) new_interface_dbu: f32,
}

/// What is shown of the capture that plays, A or B.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureStatus {
    /// What is known of its levels.
    pub(crate) levels: gridleak_core::Levels,
    /// The same of what the guitar plays into: the pedal's, if one is on.
    pub(crate) driven: gridleak_core::Levels,
    /// Whether that is a pedal.
    pub(crate) through_pedal: bool,
    /// Whether it has several sizes.
    pub(crate) slims: bool,
    /// Its knobs; most have none.
    pub(crate) knobs: Arc<[gridleak_core::Control]>,
    /// What there is to read about it.
    pub(crate) card: Arc<CaptureInfo>,
}

/// What is shown of a part of the rig.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartStatus {
    /// The name of what plays, or what there is to say where the project means something else; `None`
    /// for nothing.
    pub(crate) name: Option<String>,
    /// Whether what the project means does not play.
    pub(crate) absent: bool,
    /// Whether anything plays there, be it that or something instead.
    pub(crate) plays: bool,
    /// Where it comes from; `None` for nothing, and for a cabinet that follows the capture.
    pub(crate) origin: Option<Origin>,
    /// Where it stands in its folder; `None` if it is in none or that is not known yet.
    pub(crate) place: Option<Place>,
    /// What an impulse response does to the frequencies of a curve, in dB.
    pub(crate) response: Option<Arc<[f32]>>,
}

/// What the noise gate does now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GateMeter {
    /// What it takes away, in dB, 0 or less.
    pub(crate) reduction: f32,
    /// The level that it goes by, in dB.
    pub(crate) level: f32,
}

impl Default for GateMeter {
    fn default() -> Self {
        Self {
            reduction: 0.0,
            level: f32::NEG_INFINITY,
        }
    }
}

/// Whether a project carries the files of its rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Embedding {
    pub(crate) on: bool,
    /// What that adds to the project, in bytes.
    pub(crate) bytes: usize,
}

/// Whether a file may stand for the one that the project was saved with and that is not to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) part: Part,
    /// What the file is called.
    pub(crate) name: String,
}

/// Something to tell, cause and remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Message {
    /// Something did not work: why, and what to do.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Error,
            text: text.into(),
        }
    }

    /// Something that is good to know.
    pub(crate) fn notice(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Notice,
            text: text.into(),
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something did not work.
    Error,
    /// Something that is good to know.
    Notice,
}

/// How late the sound comes out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latency {
    pub(crate) samples: u32,
    /// Of the host, in Hz.
    pub(crate) rate: f32,
}

/// What somebody did in the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Ask for a file to load as a part.
    OpenDialog(Part),
    /// Ask where the file of a part is now.
    Locate(Part),
    /// The file that plays in the place of a part's is right.
    UseNewFile(Part),
    /// It is not.
    KeepLooking(Part),
    /// The neighbour of a part in its folder.
    Step(Part, Step),
    /// Nothing in the place of a part.
    Clear(Part),
    /// The cabinet that suits the capture.
    ChooseCabByCapture,
    /// A knob is taken hold of; [`Action::Set`] comes only between this and [`Action::End`].
    Begin(ParameterId),
    /// A knob is turned to a value within its range.
    Set(ParameterId, f32),
    /// A knob is let go.
    End(ParameterId),
    /// A switch is thrown or an option chosen, as its plain value.
    Change(ParameterId, f32),
    /// Has new instances begin with the level of the interface that this one has.
    KeepInterface,
    /// Has the project carry the files, or no longer.
    SetEmbedding(bool),
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Counts blocks that came too late anew.
    ForgetOverruns,
    /// The browser is shown; with every picture of it.
    Browse,
    /// Look through the folders of the browser again.
    Rescan,
    /// Load a sound of the browser as a part.
    Open(Part, Origin),
    /// Make a sound a favourite, or no longer.
    SetFavourite(Origin, bool),
    /// Ask for a folder for the browser.
    AddFolder,
    /// Have the browser list a folder no longer; the folder itself stays.
    RemoveFolder(PathBuf),
    DismissMessage,
}

/// What the tabs choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Page {
    #[default]
    Rig,
    Browse,
    Info,
    Setup,
}

/// What the window alone remembers: meters in motion, a hand on a knob, a text half typed.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    page: Page,
    pub(super) knobs: HashMap<ParameterId, knob::Memory>,
    pub(super) curves: rig::Curves,
    pub(super) coach: Coach,
    load: ShownLoad,
    pub(super) browser: browser::Memory,
    input_meter: meter::Meter,
    output_meter: meter::Meter,
}

impl Memory {
    /// What is left of it in a new window.
    pub(super) fn reopened(self) -> Self {
        Self {
            browser: self.browser,
            ..Self::default()
        }
    }
}

/// Longest texts that are shown, in characters. Files can make them as long as they like.
pub(super) const LONGEST_MESSAGE: usize = 1000;
pub(super) const LONGEST_NAME: usize = 200;
/// The same of a name with what is said of it.
const LONGEST_TEXT: usize = 2 * LONGEST_NAME;

/// The first `most` characters of `text`, and an ellipsis if there are more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

impl PartStatus {
    fn colour(&self) -> Color32 {
        match self.absent {
            true => theme::ERROR,
            false => theme::TEXT,
        }
    }
}

/// What a picture is drawn from and what comes of it.
pub(super) struct UiContext<'a> {
    pub(super) view: &'a View,
    pub(super) memory: &'a mut Memory,
    pub(super) scale: f32,
    pub(super) actions: Vec<Action>,
}

/// Shows `view` in all of `ui` and returns what was done, in order.
pub(crate) fn show(ui: &mut Ui, view: &View, memory: &mut Memory) -> Vec<Action> {
    let window = ui.available_size();
    let now = ui.input(|i| i.time);
    memory.coach.listen(view.status.guitar, now);
    let advice = memory.coach.fault().map(|fault| Message {
        kind: Kind::Notice,
        text: fault.advice(&Facts::of(view)).into(),
    });
    let question = view.status.question.as_ref();
    let message = match (&view.status.message, question) {
        (Some(message), _) => Some(MessageBar::new(ui, message, None, window)),
        (None, Some(question)) => {
            let message = Message::notice(question.text());
            Some(MessageBar::new(ui, &message, Some(question.part), window))
        }
        (None, None) => advice.map(|advice| MessageBar::new(ui, &advice, None, window)),
    };
    let height = message.as_ref().map(|strip| strip.height);
    let layout = Layout::new(window, height);
    let mut context = UiContext {
        view,
        memory,
        scale: layout.scale,
        actions: Vec::new(),
    };
    if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::F)) {
        context.memory.page = Page::Browse;
        context.memory.browser.find();
        ui.ctx().request_repaint();
    }
    ui.painter()
        .rect_filled(ui.max_rect(), 0.0, theme::BACKGROUND);
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let corner = ui.max_rect().min;
        ui.allocate_rect(Rect::from_min_size(corner, layout.size), Sense::hover());
        let at = |rect: Rect| rect.translate(corner.to_vec2());
        let scale = layout.scale;

        context.show_header(ui, at(layout.header));
        context.knob(ui, at(layout.input), ParameterId::Input);
        context.show_capture(ui, at(layout.capture));
        context.knob(ui, at(layout.output), ParameterId::Output);
        context.show_pedal(ui, at(layout.pedal));
        match context.memory.page {
            Page::Rig => rig::show(ui, at(layout.page), &mut context),
            Page::Browse => browser::show(ui, at(layout.page), &mut context),
            Page::Info => info::show(ui, at(layout.page), &mut context),
            Page::Setup => setup::show(ui, at(layout.page), &mut context),
        }
        let measured = [
            (
                "Input",
                1.0,
                &view.status.input,
                layout.input_meter,
                &mut context.memory.input_meter,
            ),
            (
                "Output",
                -1.0,
                &view.status.output,
                layout.output_meter,
                &mut context.memory.output_meter,
            ),
        ];
        for (name, inner, levels, rect, meter) in measured {
            meter::show(ui, at(rect), scale, name, inner, levels, meter);
        }
        if let (Some(strip), Some(rect)) = (message, layout.message)
            && let Some(action) = strip.show(ui, at(rect), scale)
        {
            match (&view.status.message, action) {
                (None, Action::DismissMessage) => context.memory.coach.dismiss(),
                (_, action) => context.actions.push(action),
            }
        }
        context.show_status(ui, at(layout.status));
    });
    context.actions
}

impl UiContext<'_> {
    pub(super) fn knob(&mut self, ui: &mut Ui, rect: Rect, knob: ParameterId) {
        let number = self.view.controls.number(knob);
        let memory = self.memory.knobs.entry(knob).or_default();
        knob::show(
            ui,
            rect,
            self.scale,
            knob,
            &number,
            memory,
            &mut self.actions,
        );
    }

    /// A switch that shows a lamp and `text`.
    pub(super) fn switch(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        switch: ParameterId,
        text: &str,
        hint: &str,
    ) {
        let on = self.view.controls.is_on(switch);
        let name = switch.row().name;
        let lit = on && self.view.has_something_to_switch(switch);
        let button = Button::new(name, Icon::Lamp { text, lit }, theme::body(self.scale));
        let response = button.switch(on).lit(false).flat().show(ui, rect);
        if response.clicked() {
            self.actions.push(Action::Change(switch, f32::from(!on)));
        }
        response.on_hover_text(hint);
    }

    /// Buttons of which one is on, in a row. `why_not`: why an option is not to be had.
    pub(super) fn choice(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        choice: ParameterId,
        why_not: impl Fn(usize) -> Option<&'static str>,
    ) {
        let chosen = self.view.controls.chosen(choice);
        let name = choice.row().name;
        let names: Vec<String> = options(choice)
            .map(|option| format!("{name}: {option}"))
            .collect();
        let shown = options(choice).zip(&names).enumerate();
        let shown = shown.map(|(index, (text, name))| Radio {
            name,
            text,
            on: index == chosen,
            weak: why_not(index).is_some(),
            hint: why_not(index),
        });
        let shown: Vec<Radio<'_>> = shown.collect();
        if let Some(index) = widgets::radio(ui, rect, self.scale, name, &shown) {
            self.actions.push(Action::Change(choice, index as f32));
        }
    }

    /// A button that does something.
    pub(super) fn button(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        name: &str,
        icon: Icon<'_>,
        enabled: bool,
        action: Action,
    ) {
        let font = match icon {
            Icon::Text(_) => theme::small(self.scale),
            _ => theme::body(self.scale),
        };
        let response = Button::new(name, icon, font)
            .enabled(enabled)
            .show(ui, rect);
        if response.clicked() {
            self.actions.push(action);
        }
        response.on_hover_text(name);
    }

    /// The buttons of a part, from the left: back, on, load, clear. Returns how wide they are.
    pub(super) fn part_buttons(&mut self, ui: &mut Ui, rect: Rect, part: Part) -> f32 {
        let status = &self.view.status.parts[part.index()];
        // A or B, it is the one capture that there is to see.
        let called = match part {
            Part::SecondCapture => Part::Capture.title(),
            part => part.title(),
        };
        let called = called.to_lowercase();
        // An empty B begins where A is.
        let place = match (part, &status.name) {
            (Part::SecondCapture, None) => self.view.status.parts[Part::Capture.index()].place,
            _ => status.place,
        };
        // Folders that only the project names are not looked at before somebody wants to go there.
        let elsewhere = match place {
            Some(place) => place.count > 1,
            None => matches!(status.origin, Some(Origin::File(_))),
        };
        let something = status.name.is_some() && part != Part::Capture;
        let (scale, free) = (self.scale, !self.view.choosing);
        let mut left = rect.left();
        let mut place = |wide: f32| {
            let place = Rect::from_x_y_ranges(left..=left + wide * scale, rect.y_range());
            left += (wide + 3.0) * scale;
            place
        };
        if status.absent && matches!(status.origin, Some(Origin::File(_))) {
            let name = format!("Locate {called}");
            let icon = Icon::Text("Locate\u{2026}");
            self.button(ui, place(51.0), &name, icon, free, Action::Locate(part));
        } else {
            for (what, icon, step) in [
                ("Previous", Icon::Left, Step::Previous),
                ("Next", Icon::Right, Step::Next),
            ] {
                let name = format!("{what} {called}");
                let action = Action::Step(part, step);
                self.button(ui, place(24.0), &name, icon, elsewhere, action);
            }
        }
        let name = format!("Load {called}");
        let icon = Icon::Text("Load\u{2026}");
        self.button(ui, place(54.0), &name, icon, free, Action::OpenDialog(part));
        if part != Part::Capture {
            let name = format!("Clear {called}");
            let action = Action::Clear(part);
            self.button(ui, place(24.0), &name, Icon::Cross, something, action);
        }
        left - rect.left() - 3.0 * scale
    }

    /// The name of a part, or what stands for nothing.
    pub(super) fn part_name(&self, ui: &mut Ui, rect: Rect, part: Part, nothing: &str) {
        let part = &self.view.status.parts[part.index()];
        let (text, colour) = match &part.name {
            Some(name) => (one_line(&shortened(name, LONGEST_TEXT)), part.colour()),
            None => (nothing.to_owned(), theme::FAINT),
        };
        let font = theme::body(self.scale);
        widgets::label(ui, rect, Align2::LEFT_CENTER, 1, &text, font, colour);
    }

    fn show_header(&mut self, ui: &mut Ui, rect: Rect) {
        let scale = self.scale;
        let mut letters = egui::text::LayoutJob::simple_singleline(
            "GRIDLEAK".into(),
            theme::body(scale),
            theme::ACCENT,
        );
        for section in &mut letters.sections {
            section.format.extra_letter_spacing = 2.5 * scale;
        }
        let letters = ui.painter().layout_job(letters);
        let at = Align2::LEFT_CENTER.align_size_within_rect(letters.size(), rect);
        ui.painter().galley(at.min, letters, theme::ACCENT);

        let tab = vec2(64.0 * scale, rect.height());
        let mut place = Rect::from_min_size(rect.min, tab).translate(vec2(150.0 * scale, 0.0));
        for (page, name) in [
            (Page::Rig, "Rig"),
            (Page::Browse, "Browse"),
            (Page::Info, "Info"),
            (Page::Setup, "Setup"),
        ] {
            let on = self.memory.page == page;
            let button = Button::new(name, Icon::Text(name), theme::body(scale));
            if button.tab(on).show(ui, place).clicked() {
                self.memory.page = page;
                ui.ctx().request_repaint();
            }
            place = place.translate(vec2(tab.x + 4.0 * scale, 0.0));
        }

        let place = rect.with_min_x(rect.right() - 72.0 * scale);
        let beside = rect.with_max_x(place.left() - 10.0 * scale);
        let [undo, redo] = [2.0, 1.0].map(|from_right: f32| {
            let left = beside.right() - from_right * 28.0 * scale;
            Rect::from_x_y_ranges(left..=left + 25.0 * scale, beside.y_range())
        });
        let status = &self.view.status;
        let (can_undo, can_redo) = (status.can_undo, status.can_redo);
        let name = "Undo";
        self.button(ui, undo, name, Icon::Undo, can_undo, Action::Undo);
        self.button(ui, redo, "Redo", Icon::Redo, can_redo, Action::Redo);
        // A Mac hands keys on to the host where nothing in the window has the keyboard.
        let ours = !cfg!(target_os = "macos") || ui.memory(|m| m.focused().is_some());
        if ours && !ui.ctx().text_edit_focused() {
            let z = |shift| KeyboardShortcut::new(Modifiers::COMMAND.plus(shift), Key::Z);
            let pressed = |keys: KeyboardShortcut| ui.input_mut(|i| i.consume_shortcut(&keys));
            // The longer one first, for the shorter one is a part of it.
            if pressed(z(Modifiers::SHIFT)) {
                self.actions.extend(can_redo.then_some(Action::Redo));
            } else if pressed(z(Modifiers::NONE)) {
                self.actions.extend(can_undo.then_some(Action::Undo));
            }
        }

        let on = self.view.controls.is_on(ParameterId::Bypass);
        let button = Button::new("Bypass", Icon::Text("Bypass"), theme::small(scale));
        let response = button.switch(on).show(ui, place);
        if response.clicked() {
            self.actions
                .push(Action::Change(ParameterId::Bypass, f32::from(!on)));
        }
        response.on_hover_text(if on {
            "The input passes through. Click to play the rig again."
        } else {
            "Click to let the input pass through."
        });
    }

    fn show_capture(&mut self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        widgets::panel(ui, rect);
        let inside = rect.shrink(8.0 * scale);
        let (name, below) = inside.split_top_bottom_at_y(inside.bottom() - 28.0 * scale);
        let below = below.with_min_y(below.bottom() - 24.0 * scale);
        let name = self.show_capture_knobs(ui, name);
        self.show_name(ui, name);

        // Nothing moves while a capture is loading: whoever steps through a folder steps on.
        let part = self.view.capture_part();
        let wide = self.part_buttons(ui, below, part);
        let keep = below.with_min_x(below.right() - 110.0 * scale);
        let compare = match view.status.embedding {
            Some(_) => below.with_max_x(keep.left() - 8.0 * scale),
            None => below,
        };
        let compare = compare.with_min_x(compare.right() - 84.0 * scale);
        self.show_compare(ui, compare);
        let place = Rect::from_x_y_ranges(
            below.left() + wide + 10.0 * scale..=compare.left() - 8.0 * scale,
            below.y_range(),
        );
        let text = match view.status.parts[part.index()].place {
            _ if view.choosing => "Choosing a file\u{2026}".into(),
            _ if view.status.busy => "Loading\u{2026}".into(),
            Some(Place { index, count }) => format!("{index} of {count}"),
            None => String::new(),
        };
        if !text.is_empty() {
            let font = theme::small(scale);
            widgets::label(ui, place, Align2::LEFT_CENTER, 1, &text, font, theme::WEAK);
        }
        if let Some(Embedding { on, bytes }) = view.status.embedding {
            let name = "Keep in project";
            let button = Button::new(name, Icon::Text(name), theme::small(scale))
                .switch(on)
                .lit(false)
                .enabled(!view.status.busy);
            let response = button.show(ui, keep);
            if response.clicked() {
                self.actions.push(Action::SetEmbedding(!on));
            }
            response.on_hover_text(match on {
                true => format!(
                    "The project carries copies of the files: {} kB",
                    bytes.div_ceil(1000)
                ),
                false => "Have the project carry copies of the files, for other computers".into(),
            });
        }
    }

    /// The knobs of a capture that has some, at the right; returns what they leave.
    fn show_capture_knobs(&mut self, ui: &mut Ui, rect: Rect) -> Rect {
        let capture = self.view.status.capture.as_ref();
        let count = capture.map_or(0, |capture| capture.knobs.len());
        for knob in ParameterId::KNOBS.into_iter().skip(count) {
            let memory = self.memory.knobs.entry(knob).or_default();
            knob::hide(knob, memory, &mut self.actions);
        }
        if count == 0 {
            return rect;
        }
        let wide = 56.0 * self.scale * count as f32;
        let (rest, mut knobs) = rect.split_left_right_at_x(rect.right() - wide);
        knobs.max.y = knobs.bottom().min(knobs.top() + 88.0 * self.scale);
        for (place, knob) in layout::columns(knobs, count, 2.0).zip(ParameterId::KNOBS) {
            self.knob(ui, place, knob);
        }
        rest.with_max_x(rest.right() - 8.0 * self.scale)
    }

    /// Which of two captures plays, and whether they are equally loud.
    fn show_compare(&mut self, ui: &mut Ui, rect: Rect) {
        let (sides, matched) = rect.split_left_right_at_fraction(0.64);
        self.choice(ui, sides, ParameterId::CompareSide, |_| None);
        let matched = matched.with_min_x(matched.left() + 3.0 * self.scale);
        let on = self.view.controls.is_on(ParameterId::MatchLevels);
        let name = ParameterId::MatchLevels.row().name;
        let button = Button::new(name, Icon::Text("="), theme::small(self.scale));
        let response = button.switch(on).lit(false).show(ui, matched);
        if response.clicked() {
            self.actions
                .push(Action::Change(ParameterId::MatchLevels, f32::from(!on)));
        }
        response.on_hover_text(Facts::of(self.view).comparison());
    }

    fn show_name(&self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        let part = &view.status.parts[self.view.capture_part().index()];
        let first = &view.status.parts[Part::Capture.index()];
        let (text, colour) = match (&part.name, &first.name) {
            (Some(name), _) => (one_line(&shortened(name, LONGEST_TEXT)), part.colour()),
            (None, Some(name)) => {
                let name = one_line(&shortened(name, LONGEST_TEXT));
                let text = match first.absent {
                    true => format!("B is empty. {name}"),
                    false => Facts::of(view).empty_b(&name),
                };
                (text, theme::WEAK)
            }
            (None, None) => ("No capture loaded".into(), theme::WEAK),
        };
        // What is set far from here is to be seen here.
        let quality = view.controls.number(ParameterId::Quality);
        let quality = format!("{} {}", quality.name(), quality.text());
        let capture = view.status.capture.as_ref();
        let quality = capture.filter(|capture| capture.slims).map(|_| quality);
        let gear = capture.and_then(|capture| capture.card.gear.clone());
        let line: Vec<String> = [gear, quality].into_iter().flatten().collect();
        let (rect, below) = if line.is_empty() {
            (rect, rect)
        } else {
            rect.split_top_bottom_at_y(rect.bottom() - 15.0 * scale)
        };
        if !line.is_empty() {
            let (align, font) = (Align2::CENTER_CENTER, theme::small(scale));
            let line = line.join(" \u{b7} ");
            widgets::label(ui, below, align, 1, &line, font, theme::FAINT);
        }
        let bypassed = view.controls.is_on(ParameterId::Bypass);
        let colour = if bypassed { theme::FAINT } else { colour };
        // As large as the place allows, to a limit, and smaller for what would take three lines.
        let most = (0.48 * rect.height()).clamp(15.0 * scale, 30.0 * scale);
        let width = 0.55 * most * text.chars().count() as f32;
        let size = if width > 1.8 * rect.width() {
            15.0 * scale
        } else if width > rect.width() {
            20.0 * scale
        } else {
            most
        };
        let rows = ((rect.height() / (1.2 * size)) as usize).clamp(1, 3);
        let font = egui::FontId::proportional(size);
        widgets::label(ui, rect, Align2::CENTER_CENTER, rows, &text, font, colour);
    }

    /// What stands before the amp, in a line.
    fn show_pedal(&mut self, ui: &mut Ui, rect: Rect) {
        let scale = self.scale;
        widgets::panel(ui, rect);
        let inside = rect.shrink2(vec2(10.0, 5.0) * scale);
        let (title, rest) = inside.split_left_right_at_x(inside.left() + 84.0 * scale);
        let hint = "A capture of a pedal, played into the amp.";
        self.switch(ui, title, ParameterId::Pedal, "Pedal", hint);
        let buttons = rest.with_min_x(rest.right() - 137.0 * scale);
        let name = rest.with_max_x(buttons.left() - 8.0 * scale);
        let name = name.with_min_x(name.left() + 4.0 * scale);
        self.part_name(ui, name, Part::Pedal, "No pedal");
        self.part_buttons(ui, buttons, Part::Pedal);
    }
}

/// What playing costs, as it is written for a while: figures that change with every picture cannot be
/// read.
#[derive(Debug, Default)]
struct ShownLoad {
    since: f64,
    percent: f32,
}

/// How long a figure stays, in seconds.
const READ_FOR: f64 = 0.5;

impl UiContext<'_> {
    /// The line below everything: cost, latency, version.
    fn show_status(&mut self, ui: &mut Ui, rect: Rect) {
        let (scale, view) = (self.scale, self.view);
        let font = theme::small(scale);
        let align = Align2::LEFT_CENTER;
        let (rest, right) = rect.split_left_right_at_x(rect.right() - 60.0 * scale);
        let mut rest = rest;
        if let Some(latency) = view.status.latency {
            let now = ui.input(|i| i.time);
            let shown = &mut self.memory.load;
            if now - shown.since >= READ_FOR || shown.percent == 0.0 {
                let percent = 100.0 * view.status.load.share;
                *shown = ShownLoad {
                    since: now,
                    percent,
                };
            }
            let (left, after) = rest.split_left_right_at_x(rest.left() + 68.0 * scale);
            let text = format!("CPU {:.1} %", shown.percent);
            let colour = if shown.percent < 80.0 {
                theme::FAINT
            } else {
                theme::ERROR
            };
            widgets::label(ui, left, align, 1, &text, font.clone(), colour).on_hover_text(
                "The share of the time of each block of sound that Gridleak needs to compute it.",
            );
            let (left, after) = after.split_left_right_at_x(after.left() + 90.0 * scale);
            self.show_overruns(ui, left);
            rest = after;
            let text = words::latency(latency);
            let (left, after) = match view.status.absent {
                Some(_) => rest.split_left_right_at_x(rest.left() + 172.0 * scale),
                None => (rest, rest),
            };
            rest = after;
            widgets::label(ui, left, align, 1, &text, font.clone(), theme::FAINT);
        } else {
            let (left, after) = rest.split_left_right_at_x(rest.left() + 68.0 * scale);
            rest = after;
            widgets::label(ui, left, align, 1, "Not active", font.clone(), theme::FAINT);
        }
        if let Some(absent) = &view.status.absent {
            let text = one_line(&shortened(absent, LONGEST_MESSAGE));
            widgets::label(ui, rest, align, 1, &text, font.clone(), theme::ERROR);
        }
        let version = env!("CARGO_PKG_VERSION");
        let align = Align2::RIGHT_CENTER;
        widgets::label(ui, right, align, 1, version, font, theme::FAINT);
    }

    /// How often the sound came too late; a click begins to count anew.
    fn show_overruns(&mut self, ui: &mut Ui, rect: Rect) {
        let overruns = self.view.status.load.overruns;
        let text = match overruns {
            0 => "No overruns".to_owned(),
            1 => "1 overrun".to_owned(),
            many => format!("{many} overruns"),
        };
        let font = theme::small(self.scale);
        if overruns == 0 {
            let align = Align2::LEFT_CENTER;
            widgets::label(ui, rect, align, 1, &text, font, theme::FAINT);
            return;
        }
        let rect = rect.with_max_x(rect.right() - 8.0 * self.scale);
        let button = Button::new("Reset overruns", Icon::Text(&text), font);
        let response = button.show(ui, rect);
        if response.clicked() {
            self.actions.push(Action::ForgetOverruns);
        }
        response.on_hover_text(
            "Blocks of sound that took longer to compute than they last, which can be heard as clicks. Larger blocks in the host, less oversampling or a smaller capture help. Click to reset the count.",
        );
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use gridleak_core::{Kind, PARAMETERS};
    use std::time::Duration;

    use super::super::layout;

    use egui::accesskit::{Role, Toggled};
    use egui::{Event, MouseWheelUnit, PointerButton, Pos2, Vec2};
    use egui_kittest::kittest::{NodeT, Queryable};
    use egui_kittest::{Harness, Node};

    /// What the harness leaves free around what it shows, on each side.
    const AROUND: f32 = 8.0;

    struct State {
        view: View,
        memory: Memory,
        actions: Vec<Action>,
        /// Whether there is a host that makes set values true.
        host: bool,
    }

    type Window = Harness<'static, State>;

    /// Every parameter that is a number.
    fn numbers() -> impl Iterator<Item = ParameterId> {
        let numbers = PARAMETERS
            .iter()
            .filter(|row| matches!(row.kind, Kind::Number(_)));
        numbers.map(|row| row.which)
    }

    /// Sets what a host would.
    fn turn(view: &mut View, knob: ParameterId, value: f32) {
        knob.row().set(&mut view.controls.settings, value);
        view.controls.modulated = view.controls.settings;
    }

    pub(in crate::window) fn view() -> View {
        let slots = Part::ALL.map(|part| crate::session::references::PartSlot::new(part, || {}));
        let parameters = crate::host::parameters::Parameters::new(slots);
        let place = Some(Place {
            index: 3,
            count: 12,
        });
        let part = |name: &str| PartStatus {
            name: Some(name.into()),
            plays: true,
            origin: None,
            place,
            ..PartStatus::default()
        };
        let mut view = View {
            status: Status {
                parts: ["Plexi", "Recto", "Screamer", "Greenback", "Room"].map(part),
                capture: Some(CaptureStatus {
                    slims: true,
                    ..CaptureStatus::default()
                }),
                latency: Some(Latency {
                    samples: 48,
                    rate: 48_000.0,
                }),
                can_undo: true,
                can_redo: true,
                ..Status::default()
            },
            controls: Controls::of(&parameters, Arc::default()),
            listing: Arc::default(),
            choosing: false,
        };
        for part in [Part::Cab, Part::SecondCab] {
            let response = (0..super::super::CURVE_POINTS).map(|n| -(n as f32) / 10.0);
            view.status.parts[part.index()].response = Some(response.collect());
        }
        turn(&mut view, ParameterId::Input, 2.0);
        turn(&mut view, ParameterId::Output, -6.0);
        view
    }

    /// The same with a capture that has such knobs.
    pub(in crate::window) fn with_knobs(mut view: View, controls: serde_json::Value) -> View {
        let knobs = crate::capture_knobs::tests::controls(controls);
        view.controls.knobs = knobs.clone();
        view.status.capture.as_mut().unwrap().knobs = knobs;
        view
    }

    /// Four of them, one with a name as long as it can be.
    pub(in crate::window) fn four_knobs() -> serde_json::Value {
        serde_json::json!(["Gain", {"name": "Presence of the power amp", "min": 0, "max": 10},
                           {"name": "Sag", "default": 0.2}, {"name": "Bias", "min": -50, "max": 50}])
    }

    fn message(text: &str) -> Option<Message> {
        Some(Message::error(text))
    }

    fn window_of(size: Vec2, view: View) -> Window {
        let state = State {
            view,
            memory: Memory::default(),
            actions: Vec::new(),
            host: true,
        };
        Harness::builder()
            .with_size(size + Vec2::splat(2.0 * AROUND))
            // Real pictures follow each other fast enough for a double click.
            .with_step_dt(1.0 / 60.0)
            .with_max_steps(60)
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, state: &mut State| {
                    let actions = show(ui, &state.view, &mut state.memory);
                    for action in &actions {
                        if let (true, Action::Set(knob, value)) = (state.host, action) {
                            turn(&mut state.view, *knob, *value);
                        }
                    }
                    state.actions.extend(actions);
                },
                state,
            )
    }

    fn window(view: View) -> Window {
        window_of(layout::DEFAULT_SIZE, view)
    }

    /// What was done since the last time.
    fn done(window: &mut Window) -> Vec<Action> {
        window.run();
        std::mem::take(&mut window.state_mut().actions)
    }

    /// The same while something moves.
    fn done_at_once(window: &mut Window) -> Vec<Action> {
        window.run_steps(4);
        std::mem::take(&mut window.state_mut().actions)
    }

    /// A value set at once.
    fn set(knob: ParameterId, value: f32) -> Vec<Action> {
        vec![
            Action::Begin(knob),
            Action::Set(knob, value),
            Action::End(knob),
        ]
    }

    fn moved(window: &Window, to: Pos2) {
        window.event(Event::PointerMoved(to));
    }

    fn button(window: &Window, at: Pos2, pressed: bool) {
        window.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }

    /// Shows a page.
    fn go_to(window: &mut Window, page: &str) {
        window.get_by_label(page).click();
        window.run();
    }

    #[test]
    fn buttons_do_what_they_say() {
        let mut window = window(view());
        let mut all = vec![
            ("Automatic".to_owned(), Action::ChooseCabByCapture),
            (
                "Bypass".to_owned(),
                Action::Change(ParameterId::Bypass, 1.0),
            ),
        ];
        for (part, name) in [
            (Part::Capture, "capture"),
            (Part::Pedal, "pedal"),
            (Part::Cab, "cabinet"),
            (Part::SecondCab, "second cabinet"),
        ] {
            let previous = Action::Step(part, Step::Previous);
            all.extend([
                (format!("Load {name}"), Action::OpenDialog(part)),
                (format!("Previous {name}"), previous),
                (format!("Next {name}"), Action::Step(part, Step::Next)),
            ]);
            if part != Part::Capture {
                all.push((format!("Clear {name}"), Action::Clear(part)));
            }
        }
        for (label, action) in all {
            window.get_by_label(&label).click();
            assert_eq!(done(&mut window), [action], "{label}");
            // The same by keyboard.
            window.get_by_label(&label).focus();
            window.run();
            window.key_press(Key::Enter);
            assert_eq!(done(&mut window).len(), 1, "{label}");
        }
        window.state_mut().view.controls.settings.bypass = true;
        window.state_mut().view.status.cab_by_capture = true;
        window.run();
        window.get_by_label("Bypass").click();
        assert_eq!(
            done(&mut window),
            [Action::Change(ParameterId::Bypass, 0.0)]
        );
        // What is chosen already is not chosen again.
        window.get_by_label("Automatic").click();
        assert_eq!(done(&mut window), []);
    }

    const SWITCHES: [(&str, ParameterId, &str); 7] = [
        ("Rig", ParameterId::Bypass, "Bypass"),
        ("Rig", ParameterId::Pedal, "Pedal"),
        ("Rig", ParameterId::Gate, "Gate"),
        ("Rig", ParameterId::Tone, "Tone"),
        ("Rig", ParameterId::Cab, "Cab"),
        ("Setup", ParameterId::CalibrateInput, "Calibrate Input"),
        ("Setup", ParameterId::DcBlocker, "DC Blocker"),
    ];

    #[test]
    fn every_switch_switches() {
        let mut window = window(view());
        for (page, switch, name) in SWITCHES {
            go_to(&mut window, page);
            for on in [true, false] {
                turn(&mut window.state_mut().view, switch, f32::from(on));
                window.run();
                let node = window.get_by_label(name).accesskit_node();
                assert_eq!(node.role(), Role::Switch, "{name}");
                assert_eq!(node.toggled(), Some(Toggled::from(on)), "{name}");
                window.get_by_label(name).click();
                assert_eq!(done(&mut window), [Action::Change(switch, f32::from(!on))]);
            }
        }
    }

    #[test]
    fn every_choice_can_be_made() {
        let mut window = window(view());
        for (page, choice, name, options) in [
            ("Rig", ParameterId::TonePosition, "Tone Position", 2),
            ("Rig", ParameterId::CabLevel, "Cab Level", 2),
            ("Setup", ParameterId::InputSource, "Input Source", 4),
            ("Setup", ParameterId::OutputMode, "Output Mode", 3),
            ("Setup", ParameterId::Oversampling, "Oversampling", 4),
            (
                "Setup",
                ParameterId::OfflineOversampling,
                "Offline Oversampling",
                5,
            ),
        ] {
            go_to(&mut window, page);
            let group = window.get_by_role_and_label(Role::RadioGroup, name);
            assert_eq!(group.accesskit_node().role(), Role::RadioGroup);
            let known: Vec<&str> = super::options(choice).collect();
            assert_eq!((choice.row().name, known.len()), (name, options));
            for (index, option) in known.into_iter().enumerate() {
                let other = (index + 1) % options;
                turn(&mut window.state_mut().view, choice, other as f32);
                window.run();
                let label = format!("{name}: {option}");
                assert_eq!(
                    window.get_by_label(&label).accesskit_node().role(),
                    Role::RadioButton
                );
                window.get_by_label(&label).click();
                assert_eq!(
                    done(&mut window),
                    [Action::Change(choice, index as f32)],
                    "{label}"
                );
                turn(&mut window.state_mut().view, choice, index as f32);
                window.run();
                window.get_by_label(&label).click();
                assert_eq!(done(&mut window), [], "{label}");
            }
        }
    }

    #[test]
    fn every_knob_turns_types_and_resets() {
        let mut window = window(with_knobs(view(), four_knobs()));
        for knob in numbers() {
            let page = match knob {
                ParameterId::Quality | ParameterId::InterfaceLevel => "Setup",
                _ => "Rig",
            };
            go_to(&mut window, page);
            let number = window.state().view.controls.number(knob);
            let (name, ends) = (number.name(), number.ends());
            let middle = number.rounded(number.at_position(0.5));
            window
                .get_by_label(&name)
                .set_value_accesskit(middle.into());
            assert_eq!(done(&mut window), set(knob, middle), "{}", number.name());
            let node = window.get_by_label(&name);
            assert_eq!(node.accesskit_node().role(), Role::Slider);
            assert_eq!(node.accesskit_node().numeric_value(), Some(middle.into()));
            let text = window.state().view.controls.number(knob).text();
            assert_eq!(node.value(), Some(text));
            for up in [true, false] {
                let before = window.state().view.controls.value(knob);
                let node = window.get_by_label(&name);
                if up {
                    node.increment_accesskit();
                } else {
                    node.decrement_accesskit();
                }
                let actions = done(&mut window);
                let Action::Set(of, value) = actions[1] else {
                    panic!("{actions:?}");
                };
                assert_eq!(of, knob);
                assert_eq!(value > before, up, "{}: {before} {value}", number.name());
            }
            window
                .get_by_label(&name)
                .click_modifiers(Modifiers::COMMAND);
            assert_eq!(done(&mut window), set(knob, number.default()));
            // As it is written, so it is read.
            let field = format!("{} value", number.name());
            window.get_by_label(&field).click();
            window.run();
            type_over(&mut window, &number.text());
            window.key_press(Key::Enter);
            let actions = done(&mut window);
            let Action::Set(_, value) = actions[1] else {
                panic!("{actions:?}");
            };
            assert!(
                (value - number.value).abs() <= number.step(),
                "{}",
                number.name()
            );
            assert!(ends.contains(&value));
        }
    }

    #[test]
    fn a_notch_is_never_lost_where_a_range_is_dense() {
        let mut window = window(view());
        turn(&mut window.state_mut().view, ParameterId::GateHold, 0.0);
        window.run();
        window.get_by_label("Gate Hold").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::GateHold, 1.0));
        window.get_by_label("Gate Hold").decrement_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::GateHold, 0.0));
    }

    fn capture(window: &mut Window) -> &mut CaptureStatus {
        let status = &mut window.state_mut().view.status;
        status.capture.as_mut().unwrap()
    }

    #[test]
    fn the_setup_page_recommends_no_mode_that_is_chosen() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        for (chosen, mode) in ["Raw", "Normalized", "Calibrated"].into_iter().enumerate() {
            let controls = &mut window.state_mut().view.controls;
            ParameterId::OutputMode
                .row()
                .set(&mut controls.settings, chosen as f32);
            capture(&mut window).levels.loudness = Some(gridleak_core::Loudness {
                db: -14.0,
                source: gridleak_core::LoudnessSource::Given,
            });
            window.run();
            let raw = window.query_all_by_label_contains("plays raw").count();
            assert_eq!(raw, usize::from(mode == "Calibrated"), "{mode}");
            let normalize = window.query_all_by_label_contains("choose Normalized");
            assert_eq!(normalize.count(), usize::from(mode == "Calibrated"));
        }
        // Before there is a capture, nothing is said of one.
        window.state_mut().view.status.capture = None;
        window.run();
        assert!(window.query_by_label_contains("his capture").is_none());
    }

    #[test]
    fn a_lamp_is_lit_only_where_there_is_something_to_switch() {
        let full = view();
        for loaded in 0..8 {
            let is = |bit: usize| loaded >> bit & 1 == 1;
            let mut view = full.clone();
            for (bit, part) in [Part::Pedal, Part::Cab, Part::SecondCab]
                .into_iter()
                .enumerate()
            {
                if !is(bit) {
                    view.status.parts[part.index()] = PartStatus::default();
                }
            }
            for row in &PARAMETERS {
                let switch = row.which;
                let wanted = match switch {
                    ParameterId::Pedal => is(0),
                    ParameterId::Cab => is(1) || is(2),
                    _ => true,
                };
                assert_eq!(view.has_something_to_switch(switch), wanted, "{switch:?}");
            }
        }
        // What is missing has a name, too.
        let mut view = full.clone();
        for part in [Part::Pedal, Part::SecondCapture] {
            let shown = &mut view.status.parts[part.index()];
            shown.name = Some("Missing: Screamer. Nothing plays instead".into());
            (shown.absent, shown.plays) = (true, false);
        }
        assert!(!view.has_something_to_switch(ParameterId::Pedal));
        assert!(!Facts::of(&view).b_loaded && Facts::of(&full).b_loaded);
        // A capture that has its own cabinet: there is a name, but no response.
        let mut view = full;
        for part in [Part::Cab, Part::SecondCab] {
            view.status.parts[part.index()].response = None;
        }
        assert!(!view.has_something_to_switch(ParameterId::Cab));
    }

    #[test]
    fn why_a_level_is_not_to_be_had_is_told() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        for reason in ["plays silence", "output level in dBu", "input level in dBu"] {
            assert!(window.query_by_label_contains(reason).is_some(), "{reason}");
        }
        let known = gridleak_core::Levels {
            loudness: None,
            input_dbu: Some(12.0),
            output_dbu: Some(12.0),
        };
        capture(&mut window).levels = known;
        capture(&mut window).driven = known;
        window.run();
        for reason in ["output level in dBu", "input level in dBu"] {
            assert!(window.query_by_label_contains(reason).is_none(), "{reason}");
        }
    }

    #[test]
    fn a_known_interface_can_be_chosen() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        window.get_by_label("Interfaces").click();
        window.run();
        window.get_by_label_contains("Apollo").click();
        assert_eq!(done(&mut window), set(ParameterId::InterfaceLevel, 12.2));
        assert!(window.query_by_label_contains("Apollo").is_none());
        window.get_by_label("Use for new instances").click();
        assert_eq!(done(&mut window), [Action::KeepInterface]);
        // What is so already cannot be asked for.
        let view = &mut window.state_mut().view;
        view.status.new_interface_dbu = Facts::of(view).interface;
        window.run();
        window.get_by_label("Use for new instances").click();
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn quality_is_there_only_for_captures_that_have_sizes() {
        let mut window = window(view());
        go_to(&mut window, "Setup");
        assert!(window.query_by_label("Quality value").is_some());
        capture(&mut window).slims = false;
        window.run();
        assert!(window.query_by_label("Quality value").is_none());
        assert!(window.query_by_label_contains("one size").is_some());
    }

    #[test]
    fn a_capture_has_its_own_knobs_and_no_others() {
        let mut window = window(view());
        for name in CAPTURE_KNOBS {
            assert!(window.query_by_label(name).is_none(), "{name}");
        }
        let state = window.state_mut();
        state.view = with_knobs(view(), four_knobs());
        window.run();
        let value = |window: &Window, label| window.get_by_label(label).value().unwrap();
        assert_eq!(value(&window, "Capture Gain"), "0.50");
        assert_eq!(value(&window, "Capture Presence of the power am"), "5.0");
        assert_eq!(value(&window, "Capture Bias"), "0");
        // In the numbers of the capture; a double click leads to where its file has it start.
        window.get_by_label("Capture Bias value").click();
        window.run();
        type_over(&mut window, "-25");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(ParameterId::Knob4, 0.25));
        assert_eq!(value(&window, "Capture Bias"), "-25");
        let reset = window.get_by_label("Capture Sag");
        reset.click_modifiers(Modifiers::COMMAND);
        assert_eq!(done(&mut window), set(ParameterId::Knob3, 0.2));
        // One that goes while it is dragged is let go of.
        let at = window.get_by_label("Capture Gain").rect().center();
        moved(&window, at);
        button(&window, at, true);
        window.run_steps(2);
        moved(&window, at - vec2(0.0, 30.0));
        let begun = done_at_once(&mut window);
        assert!(
            begun.contains(&Action::Begin(ParameterId::Knob1)),
            "{begun:?}"
        );
        let status = &mut window.state_mut().view.status;
        status.capture.as_mut().unwrap().knobs = Arc::default();
        let ended = done_at_once(&mut window);
        assert_eq!(
            ended.last(),
            Some(&Action::End(ParameterId::Knob1)),
            "{ended:?}"
        );
        button(&window, at, false);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn the_gate_tells_what_it_does() {
        let mut window = window(view());
        let told = |window: &Window| window.get_by_label("Gate reduction").value().unwrap();
        assert_eq!(told(&window), "Open");
        window.state_mut().view.status.gate = GateMeter {
            reduction: -12.34,
            level: -87.0,
        };
        window.run();
        assert_eq!(told(&window), "-12.3 dB");
        window.state_mut().view.controls.settings.gate.on = false;
        window.run();
        assert_eq!(told(&window), "Off");
    }

    #[test]
    fn curves_are_computed_only_when_something_changed() {
        let mut window = window(view());
        window.run();
        let before = window.state().memory.curves.addresses();
        window.run();
        assert_eq!(window.state().memory.curves.addresses(), before);
        for knob in [ParameterId::Treble, ParameterId::CabHighCut] {
            let value = window.state().view.controls.value(knob);
            turn(&mut window.state_mut().view, knob, 0.7 * value);
        }
        let values = window.state().memory.curves.values();
        window.run();
        let turned = window.state().memory.curves.values();
        assert!(
            turned
                .iter()
                .zip(&values)
                .all(|(turned, before)| turned != before)
        );
    }

    #[test]
    fn a_file_can_be_kept_in_the_project() {
        let mut window = window(view());
        assert!(window.query_by_label("Keep in project").is_none());
        for on in [false, true] {
            let embedding = Embedding { on, bytes: 123_456 };
            window.state_mut().view.status.embedding = Some(embedding);
            window.run();
            window.get_by_label("Keep in project").click();
            assert_eq!(done(&mut window), [Action::SetEmbedding(!on)]);
        }
    }

    #[test]
    fn what_makes_no_sense_now_cannot_be_pressed() {
        let mut window = window(view());
        for place in [None, Some(Place { index: 1, count: 1 })] {
            for part in &mut window.state_mut().view.status.parts {
                *part = PartStatus {
                    place,
                    ..PartStatus::default()
                };
            }
            window.run();
            for label in [
                "Previous capture",
                "Next capture",
                "Previous pedal",
                "Next second cabinet",
                "Clear pedal",
                "Clear cabinet",
            ] {
                let node = window.get_by_label(label);
                assert!(node.accesskit_node().is_disabled());
                node.click();
            }
            assert_eq!(done(&mut window), []);
        }
        window.state_mut().view.choosing = true;
        window.run();
        window.get_by_label("Load capture").click();
        assert_eq!(done(&mut window), []);
        assert!(window.query_by_label("Choosing a file\u{2026}").is_some());
    }

    #[test]
    fn the_capture_and_its_place_are_named() {
        let mut window = window(view());
        assert!(window.query_by_label("Plexi").is_some());
        assert!(window.query_by_label("3 of 12").is_some());
        assert!(
            window
                .query_by_label("Latency 48 samples (1.0 ms)")
                .is_some()
        );
        let status = &mut window.state_mut().view.status;
        status.busy = true;
        status.latency = Some(Latency {
            samples: 0,
            rate: 44_100.0,
        });
        window.run();
        assert!(window.query_by_label("Loading\u{2026}").is_some());
        assert!(window.query_by_label("No added latency").is_some());
        window.state_mut().view.status = Status::default();
        window.run();
        assert!(window.query_by_label("No capture loaded").is_some());
    }

    fn type_over(window: &mut Window, text: &str) {
        window.event(Event::Text(text.into()));
        window.run();
    }

    #[test]
    fn a_value_can_be_typed() {
        let mut window = window(view());
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "-4,5");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), set(ParameterId::Input, -4.5));
        // Finer than the knob turns, and no further than it does.
        for (text, value) in [("1.234 dB", 1.234), ("99", 40.0), ("-1000", -40.0)] {
            window.get_by_label("Output value").click();
            window.run();
            type_over(&mut window, text);
            window.key_press(Key::Enter);
            assert_eq!(done(&mut window), set(ParameterId::Output, value));
        }
        // The keyboard is the host's again.
        assert_eq!(window.ctx.memory(|m| m.focused()), None);
    }

    #[test]
    fn typing_goes_on_from_the_value_and_can_be_given_up() {
        let mut window = window(view());
        window.get_by_label("Output value").click();
        window.run();
        assert_eq!(
            window.get_by_label("Output value").value().as_deref(),
            Some("-6.0")
        );
        type_over(&mut window, "loud");
        window.key_press(Key::Enter);
        assert_eq!(done(&mut window), []);
        // It waits for a better answer.
        let field = window.get_by_label("Output value");
        assert_eq!(field.value().as_deref(), Some("loud"));
        assert!(field.is_focused());
        window.key_press(Key::Escape);
        assert_eq!(done(&mut window), []);
        let shown = window.get_by_label("Output value").value();
        assert_eq!(shown.as_deref(), Some("-6.0 dB"));
    }

    #[test]
    fn leaving_the_field_takes_what_was_typed() {
        let mut window = window(view());
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "7");
        window.get_by_label("Plexi").click();
        assert_eq!(done(&mut window), set(ParameterId::Input, 7.0));
        window.get_by_label("Input value").click();
        window.run();
        type_over(&mut window, "nonsense");
        window.get_by_label("Plexi").click();
        assert_eq!(done(&mut window), []);
        assert_eq!(
            window.get_by_label("Input value").value().as_deref(),
            Some("7.0 dB")
        );
    }

    #[test]
    fn a_knob_and_its_value_work_by_keyboard_alone() {
        let mut window = window(view());
        let focused = |window: &Window| window.get_by_label("Input").is_focused();
        window.get_by_label("Input").focus();
        window.run();
        for (key, shift, value) in [
            (Key::ArrowUp, false, 3.0),
            (Key::ArrowRight, false, 4.0),
            (Key::ArrowDown, false, 3.0),
            (Key::ArrowLeft, false, 2.0),
            (Key::ArrowUp, true, 2.1),
            (Key::ArrowDown, true, 2.0),
        ] {
            let modifiers = if shift {
                Modifiers::SHIFT
            } else {
                Modifiers::NONE
            };
            window.key_down_modifiers(modifiers, key);
            assert_eq!(done(&mut window), set(ParameterId::Input, value), "{key:?}");
            assert!(focused(&window));
        }
        for (end, value) in [(Key::Enter, Some(-3.0)), (Key::Escape, None)] {
            window.key_press(Key::Enter);
            window.run();
            assert!(window.get_by_label("Input value").is_focused());
            type_over(&mut window, "-3");
            window.key_press(end);
            let expected = value.map_or(vec![], |value| set(ParameterId::Input, value));
            assert_eq!(done(&mut window), expected);
            assert!(focused(&window));
        }
    }

    #[test]
    fn a_double_click_resets() {
        let mut window = window(view());
        let at = window.get_by_label("Output").rect().center();
        moved(&window, at);
        for pressed in [true, false, true, false] {
            button(&window, at, pressed);
        }
        assert_eq!(done(&mut window), set(ParameterId::Output, 0.0));
        // As in many hosts.
        let knob = window.get_by_label("Input");
        knob.click_modifiers(Modifiers::COMMAND);
        assert_eq!(done(&mut window), set(ParameterId::Input, 0.0));
    }

    #[test]
    fn the_wheel_turns_the_knob_under_it_and_scrolls_nothing() {
        // Too small, so that there is something to scroll.
        let mut window = window_of(vec2(640.0, 200.0), view());
        let at = window.get_by_label("Input").rect().center();
        let wheel = |unit, y: f32, modifiers| Event::MouseWheel {
            unit,
            delta: vec2(0.0, y),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers,
        };
        moved(&window, at);
        window.event(wheel(MouseWheelUnit::Line, -2.0, Modifiers::NONE));
        assert_eq!(done(&mut window), set(ParameterId::Input, 0.0));
        window.event(wheel(MouseWheelUnit::Point, 100.0, Modifiers::NONE));
        assert_eq!(done(&mut window), set(ParameterId::Input, 2.0));
        window.event_modifiers(
            wheel(MouseWheelUnit::Line, 1.0, Modifiers::SHIFT),
            Modifiers::SHIFT,
        );
        assert_eq!(done(&mut window), set(ParameterId::Input, 2.1));
        assert_eq!(window.get_by_label("Input").rect().center(), at);
        // Beside the knobs, it does scroll.
        moved(&window, window.get_by_label("Plexi").rect().center());
        window.event(wheel(MouseWheelUnit::Line, -2.0, Modifiers::NONE));
        assert_eq!(done(&mut window), []);
        assert!(window.get_by_label("Input").rect().center().y < at.y);
    }

    /// Drags the input knob up by `by` points with Shift held or not, and returns what was done.
    fn drag(window: &mut Window, by: f32, shift: bool) -> Vec<Action> {
        let at = window.get_by_label("Input").rect().center();
        let modifiers = if shift {
            Modifiers::SHIFT
        } else {
            Modifiers::NONE
        };
        window.event(Event::ModifiersChanged(modifiers));
        moved(window, at);
        button(window, at, true);
        // More than what could be a click with an unsteady hand.
        let away = at + vec2(8.0, 8.0);
        moved(window, away);
        moved(window, at);
        window.run();
        window
            .state_mut()
            .actions
            .retain(|action| !matches!(action, Action::Set(..)));
        for step in 1..=20 {
            moved(window, at - vec2(0.0, by * step as f32 / 20.0));
        }
        button(window, at - vec2(0.0, by), false);
        window.event(Event::ModifiersChanged(Modifiers::NONE));
        done(window)
    }

    #[test]
    fn dragging_is_one_gesture_in_steps_of_a_tenth() {
        for (by, shift, value) in [
            (50.0, false, 12.0),
            (-50.0, false, -8.0),
            (50.0, true, 3.0),
            (1000.0, false, 20.0),
        ] {
            let mut window = window(view());
            let actions = drag(&mut window, by, shift);
            let (first, rest) = actions.split_first().unwrap();
            let (last, sets) = rest.split_last().unwrap();
            assert_eq!(*first, Action::Begin(ParameterId::Input));
            assert_eq!(*last, Action::End(ParameterId::Input));
            let values: Vec<f32> = sets
                .iter()
                .map(|action| match action {
                    Action::Set(ParameterId::Input, value) => *value,
                    other => panic!("{other:?} in a gesture"),
                })
                .collect();
            assert_eq!(values.last(), Some(&value), "{by} {shift}");
            assert!(
                values
                    .windows(2)
                    .all(|pair| (pair[1] > pair[0]) == (by > 0.0))
            );
            assert!(
                values
                    .iter()
                    .all(|value| (10.0 * value).round() / 10.0 == *value)
            );
            assert_eq!(
                window
                    .get_by_label("Input")
                    .accesskit_node()
                    .numeric_value(),
                Some(f64::from(value))
            );
        }
    }

    #[test]
    fn escape_lets_go() {
        let mut window = window(view());
        let at = window.get_by_label("Input").rect().center();
        moved(&window, at);
        button(&window, at, true);
        moved(&window, at + vec2(0.0, 30.0));
        window.run();
        window.key_press(Key::Escape);
        let actions = done(&mut window);
        assert_eq!(actions.first(), Some(&Action::Begin(ParameterId::Input)));
        assert_eq!(actions.last(), Some(&Action::End(ParameterId::Input)));
        moved(&window, at + vec2(0.0, 60.0));
        button(&window, at, false);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn a_host_that_is_slow_to_confirm_loses_no_step() {
        let mut window = window(view());
        window.state_mut().host = false;
        window.get_by_label("Input").focus();
        window.run();
        for value in [3.0, 4.0, 5.0] {
            window.key_down(Key::ArrowUp);
            assert_eq!(done(&mut window), set(ParameterId::Input, value));
        }
        // A host that never does is believed after a while.
        window.run_steps(30);
        window.key_down(Key::ArrowUp);
        assert_eq!(done(&mut window), set(ParameterId::Input, 3.0));
    }

    #[test]
    fn a_screen_reader_can_turn_the_knobs() {
        let mut window = window(view());
        window.get_by_label("Output").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::Output, -5.0));
        window.get_by_label("Output").decrement_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::Output, -6.0));
        window.get_by_label("Output").set_value_accesskit(12.5);
        assert_eq!(done(&mut window), set(ParameterId::Output, 12.5));
        window.get_by_label("Output").set_value_accesskit(f64::NAN);
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn everything_has_a_name_and_a_value() {
        let mut view = view();
        view.status.message = message("no such file");
        view.status.input.left = 0.5;
        let window = window(view);
        assert_eq!(window.unnamed_widgets(), Vec::<String>::new());
        let knob = window.get_by_label("Input").accesskit_node();
        assert_eq!(knob.role(), Role::Slider);
        assert_eq!(knob.numeric_value(), Some(2.0));
        assert_eq!(knob.min_numeric_value(), Some(-20.0));
        assert_eq!(knob.max_numeric_value(), Some(20.0));
        let value = |label| window.get_by_label(label).value();
        assert_eq!(value("Input").as_deref(), Some("2.0 dB"));
        assert_eq!(value("Output value").as_deref(), Some("-6.0 dB"));
        assert_eq!(value("Input level").as_deref(), Some("-6.0 dB"));
        assert_eq!(value("Output level").as_deref(), Some("silent"));
        for (label, role, on) in [
            ("Rig", Role::Tab, Toggled::True),
            ("Setup", Role::Tab, Toggled::False),
            ("Tone Position: After Amp", Role::RadioButton, Toggled::True),
            (
                "Tone Position: Before Amp",
                Role::RadioButton,
                Toggled::False,
            ),
            ("Bypass", Role::Switch, Toggled::False),
        ] {
            let node = window.get_by_label(label).accesskit_node();
            assert_eq!((node.role(), node.toggled()), (role, Some(on)), "{label}");
        }
        let group = window.get_by_label("Tone Position").accesskit_node();
        assert_eq!(group.role(), Role::RadioGroup);
        let alert = window.get_by_label("Error").accesskit_node();
        assert_eq!(alert.role(), Role::Alert);
    }

    const CONTROLS: [&str; 58] = [
        "Rig",
        "Browse",
        "Info",
        "Setup",
        "Undo",
        "Redo",
        "Bypass",
        "Input",
        "Input value",
        "Previous capture",
        "Next capture",
        "Load capture",
        "Capture A/B: A",
        "Capture A/B: B",
        "A/B Level Match",
        "Output",
        "Output value",
        "Pedal",
        "Previous pedal",
        "Next pedal",
        "Load pedal",
        "Clear pedal",
        "Gate",
        "Gate Threshold",
        "Gate Threshold value",
        "Gate Hold",
        "Gate Hold value",
        "Gate Release",
        "Gate Release value",
        "Gate Range",
        "Gate Range value",
        "Gate Hysteresis",
        "Gate Hysteresis value",
        "Tone",
        "Bass",
        "Bass value",
        "Middle",
        "Middle value",
        "Treble",
        "Treble value",
        "Tone Position: After Amp",
        "Tone Position: Before Amp",
        "Cab",
        "Previous cabinet",
        "Next cabinet",
        "Load cabinet",
        "Clear cabinet",
        "Automatic",
        "Previous second cabinet",
        "Next second cabinet",
        "Load second cabinet",
        "Clear second cabinet",
        "Cab Low Cut",
        "Cab Low Cut value",
        "Cab High Cut",
        "Cab High Cut value",
        "Cab Mix",
        "Cab Mix value",
    ];

    const MORE_CONTROLS: [&str; 7] = [
        "Cab Blend",
        "Cab Blend value",
        "Cab Level: As Recorded",
        "Cab Level: Normalized",
        "Input peak",
        "Output peak",
        "Dismiss message",
    ];

    const CAPTURE_KNOBS: [&str; 8] = [
        "Capture Gain",
        "Capture Gain value",
        "Capture Presence of the power am",
        "Capture Presence of the power am value",
        "Capture Sag",
        "Capture Sag value",
        "Capture Bias",
        "Capture Bias value",
    ];

    const CONFIG: [&str; 26] = [
        "Input Source: Stereo",
        "Input Source: Left",
        "Input Source: Right",
        "Input Source: Sum",
        "Interface Level",
        "Interface Level value",
        "Interfaces",
        "Use for new instances",
        "Calibrate Input",
        "Output Mode: Raw",
        "Output Mode: Normalized",
        "Output Mode: Calibrated",
        "DC Blocker",
        "Oversampling: Off",
        "Oversampling: 2x",
        "Oversampling: 4x",
        "Oversampling: 8x",
        "Offline Oversampling: As Live",
        "Offline Oversampling: Off",
        "Offline Oversampling: 2x",
        "Offline Oversampling: 4x",
        "Offline Oversampling: 8x",
        "Quality",
        "Quality value",
        "Input peak",
        "Output peak",
    ];

    /// What so many presses of the Tab key lead to.
    fn tabbed(window: &mut Window, presses: usize) -> Vec<String> {
        let mut reached = Vec::new();
        for _ in 0..presses {
            window.key_press(Key::Tab);
            window.run();
            let root = window.root();
            let focused = root.children_recursive().find(Node::is_focused).unwrap();
            reached.push(focused.accesskit_node().label().unwrap());
        }
        reached
    }

    #[test]
    fn the_tab_key_reaches_everything() {
        let mut view = view();
        view.status.message = message("no such file");
        let mut window = window_of(vec2(900.0, 620.0), view);
        let all = [&CONTROLS[..], &MORE_CONTROLS].concat();
        assert_eq!(tabbed(&mut window, all.len()), all);
        window.key_press(Key::Escape);
        window.run();
        assert_eq!(window.ctx.memory(|m| m.focused()), None);
        go_to(&mut window, "Setup");
        let all = [&CONTROLS[..22], &CONFIG].concat();
        let reached = tabbed(&mut window, all.len() + 1);
        for control in all {
            assert!(reached.iter().any(|name| name == control), "{control}");
        }
    }

    #[test]
    fn a_message_is_shown_and_dismissed() {
        let mut view = view();
        view.status.message = message("Plexi.nam: there is no such file; load another one");
        let mut window = window(view);
        assert!(window.query_by_label_contains("no such file").is_some());
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        window.state_mut().view.status.message = None;
        window.run();
        assert!(window.query_by_label("Dismiss message").is_none());
    }

    /// A view of a project whose files are missing.
    fn missing() -> View {
        missing_from(view())
    }

    /// The same of a window that shows something else besides.
    pub(in crate::window) fn missing_from(mut view: View) -> View {
        let file = |name: &str| Some(Origin::File(format!("/{name}").into()));
        let text = "Missing: Plexi. Crunch plays instead";
        for (part, name) in [
            (Part::Capture, text),
            (Part::Pedal, "Missing: Screamer. Nothing plays instead"),
            (Part::Cab, "Missing: Green. Built-in cabinet plays instead"),
        ] {
            view.status.parts[part.index()] = PartStatus {
                name: Some(name.into()),
                absent: true,
                origin: file(name),
                ..PartStatus::default()
            };
        }
        view.status.parts[Part::SecondCapture.index()] = PartStatus::default();
        view.status.absent = Some(format!("{text}. Missing: Screamer. Nothing plays instead"));
        view
    }

    #[test]
    fn what_is_missing_is_to_be_seen_wherever_its_name_is_and_can_be_located() {
        let mut window = window(missing());
        for text in [
            "Missing: Plexi. Crunch plays instead",
            "Missing: Screamer. Nothing plays instead",
            "Missing: Green. Built-in cabinet plays instead",
            // The line below everything.
            "Missing: Plexi. Crunch plays instead. Missing: Screamer. Nothing plays instead",
        ] {
            assert!(window.query_by_label(text).is_some(), "{text}");
        }
        // What there was to say about it may be dismissed; nothing depends on that.
        assert!(window.query_by_label("Dismiss message").is_none());
        for (name, part) in [
            ("capture", Part::Capture),
            ("pedal", Part::Pedal),
            ("cabinet", Part::Cab),
        ] {
            assert!(window.query_by_label(&format!("Next {name}")).is_none());
            window.get_by_label(&format!("Locate {name}")).click();
            assert_eq!(done(&mut window), [Action::Locate(part)]);
            window.get_by_label(&format!("Load {name}")).click();
            assert_eq!(done(&mut window), [Action::OpenDialog(part)]);
        }
        // Not while a dialog is open, and not for what is no file.
        window.state_mut().view.choosing = true;
        window.run();
        window.get_by_label("Locate pedal").click();
        assert_eq!(done(&mut window), []);
        let status = &mut window.state_mut().view.status;
        status.parts[Part::Pedal.index()].origin = None;
        window.run();
        assert!(window.query_by_label("Locate pedal").is_none());
        let controls = &mut window.state_mut().view.controls;
        controls.settings.side = Side::B;
        window.run();
        let text = "B is empty. Missing: Plexi. Crunch plays instead";
        assert!(window.query_by_label(text).is_some());
    }

    #[test]
    fn a_question_stays_until_it_is_answered() {
        let mut view = view();
        view.status.question = Some(Question {
            part: Part::Cab,
            name: "Greenback".into(),
        });
        view.status.message = message("Plexi.nam: there is no such file");
        let mut window = window(view);
        // One thing after the other.
        assert!(window.query_by_label("Keep looking").is_none());
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        window.state_mut().view.status.message = None;
        window.run();
        let asked = "Another file is now in the place of Greenback";
        assert!(window.query_by_label_contains(asked).is_some());
        assert!(window.query_by_label("Dismiss message").is_none());
        for (answer, action) in [
            ("Use the new file", Action::UseNewFile(Part::Cab)),
            ("Keep looking", Action::KeepLooking(Part::Cab)),
        ] {
            window.get_by_label(answer).click();
            assert_eq!(done(&mut window), [action]);
        }
    }

    #[test]
    fn where_the_folder_is_not_known_there_is_a_way_on() {
        let mut view = view();
        view.status.parts[0].place = None;
        view.status.parts[0].origin = Some(Origin::File("/there/a.nam".into()));
        let mut window = window(view);
        window.get_by_label("Next capture").click();
        assert_eq!(done(&mut window), [Action::Step(Part::Capture, Step::Next)]);
    }

    #[test]
    fn at_every_size_everything_is_inside_and_apart() {
        for size in [
            layout::SMALLEST_SIZE,
            layout::DEFAULT_SIZE,
            vec2(640.0, 1200.0),
            vec2(1000.0, 420.0),
            vec2(1200.0, 800.0),
            vec2(2000.0, 1200.0),
        ] {
            let long = "a_capture_with_a_very_long_name_".repeat(6);
            for (page, name, knobs) in [
                ("Rig", "Plexi", false),
                ("Rig", long.as_str(), false),
                ("Setup", "Plexi", false),
                ("Rig", "Plexi", true),
                ("Rig", long.as_str(), true),
            ] {
                let mut view = match knobs {
                    true => with_knobs(view(), four_knobs()),
                    false => view(),
                };
                for part in &mut view.status.parts {
                    part.name = Some(name.into());
                }
                let mut shown = window_of(size, view);
                go_to(&mut shown, page);
                let place = |label: &'static str| (label, shown.get_by_label(label).rect());
                let page: Vec<_> = match page {
                    "Rig" => CONTROLS[16..].iter().chain(&MORE_CONTROLS[..6]).collect(),
                    _ => CONFIG.iter().collect(),
                };
                let mut parts: Vec<_> = CONTROLS[..16].iter().copied().map(place).collect();
                parts.extend(page.into_iter().copied().map(place));
                parts.extend(["Input level", "Output level", "3 of 12"].map(place));
                if knobs {
                    parts.extend(CAPTURE_KNOBS.map(place));
                }
                let names = shown.get_all_by_label(name);
                parts.extend(names.map(|node| ("name", node.rect())));
                assert_inside_and_apart(&parts, size);
            }
            let mut view = missing();
            let mut labels = vec![
                "Locate capture",
                "Locate pedal",
                "Locate cabinet",
                "Load cabinet",
                "Missing: Plexi. Crunch plays instead",
                "Missing: Plexi. Crunch plays instead. Missing: Screamer. Nothing plays instead",
                "Missing: Green. Built-in cabinet plays instead",
                "Latency 48 samples (1.0 ms)",
            ];
            // Below that height, a message makes the window scroll.
            if size.y > 450.0 {
                view.status.question = Some(Question {
                    part: Part::Cab,
                    name: "Greenback".into(),
                });
                labels.extend(["Use the new file", "Keep looking"]);
            }
            let shown = window_of(size, view);
            let place = |label: &'static str| (label, shown.get_by_label(label).rect());
            let parts: Vec<_> = labels.into_iter().map(place).collect();
            assert_inside_and_apart(&parts, size);
        }
    }

    #[track_caller]
    fn assert_inside_and_apart(parts: &[(&str, Rect)], size: Vec2) {
        let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), size).shrink(4.0);
        for (index, (label, rect)) in parts.iter().enumerate() {
            assert!(rect.is_positive(), "{label} at {size}: {rect}");
            assert!(inside.contains_rect(*rect), "{label} at {size}: {rect}");
            for (other, against) in &parts[..index] {
                let shared = rect.intersect(*against).shrink(0.01);
                assert!(
                    !shared.is_positive(),
                    "{label}, {other} at {size}: {shared}"
                );
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_scrolled_to() {
        let mut view = view();
        view.status.message = message(&"a long story ".repeat(60));
        let mut window = window_of(vec2(240.0, 150.0), view);
        for label in CONTROLS.into_iter().chain(MORE_CONTROLS) {
            window.get_by_label(label).scroll_to_me();
            window.run();
            let rect = window.get_by_label(label).rect();
            let inside = Rect::from_min_size(Pos2::new(AROUND, AROUND), vec2(240.0, 150.0));
            assert!(inside.contains(rect.center()), "{label}: {rect}");
        }
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
    }

    #[test]
    fn strangers_texts_do_no_harm() {
        let long = "\u{202e}\u{0}\n\t\u{301}fi W".repeat(50_000);
        let mut view = view();
        for part in &mut view.status.parts {
            part.name = Some(long.clone());
            part.response = Some([f32::NAN, f32::NEG_INFINITY, f32::MAX].into());
        }
        view.status.gate = GateMeter {
            reduction: f32::NAN,
            level: f32::INFINITY,
        };
        view.status.message = message(&long);
        view.status.parts[0].place = Some(Place {
            index: usize::MAX,
            count: usize::MAX,
        });
        view.status.input.left = f32::NAN;
        view.status.output.left = f32::MAX;
        view.controls.settings.input_db = f32::NAN;
        view.controls.settings.gate.threshold_db = f32::NAN;
        view.controls.settings.output_db = f32::INFINITY;
        view.status.latency = Some(Latency {
            samples: u32::MAX,
            rate: 0.0,
        });
        let mut window = window_of(layout::SMALLEST_SIZE, view);
        window.get_by_label("Dismiss message").click();
        assert_eq!(done(&mut window), [Action::DismissMessage]);
        // From there, too, the way leads to a value.
        window.get_by_label("Input").increment_accesskit();
        assert_eq!(done(&mut window), set(ParameterId::Input, -19.0));
    }

    /// When the window wants to be drawn again.
    fn delay(window: &mut Window) -> Duration {
        window.run();
        let outputs = window.output().viewport_output.values();
        outputs.map(|output| output.repaint_delay).min().unwrap()
    }

    #[test]
    fn it_is_drawn_again_only_while_something_moves() {
        let mut window = window(view());
        assert_eq!(delay(&mut window), Duration::MAX);
        window.state_mut().view.status.output.left = 0.1;
        assert!(delay(&mut window) <= Duration::from_millis(16));
        window.state_mut().view.status.output.left = 0.0;
        // 40 dB fall in 2 s.
        window.run_steps(121);
        assert_eq!(delay(&mut window), Duration::MAX);
    }

    #[test]
    fn b_has_a_name_and_buttons_of_its_own() {
        let mut view = view();
        view.status.parts[Part::SecondCapture.index()].place = None;
        let mut window = window(view);
        assert!(window.query_by_label("Plexi").is_some());
        window.get_by_label("Capture A/B: B").click();
        assert_eq!(
            done(&mut window),
            [Action::Change(ParameterId::CompareSide, 1.0)]
        );
        window.get_by_label("A/B Level Match").click();
        let off = Action::Change(ParameterId::MatchLevels, 0.0);
        assert_eq!(done(&mut window), [off]);
        window.state_mut().view.controls.settings.side = Side::B;
        window.run();
        assert!(window.query_by_label("Recto").is_some());
        window.get_by_label("Load capture").click();
        assert_eq!(done(&mut window), [Action::OpenDialog(Part::SecondCapture)]);
        let parts = &mut window.state_mut().view.status.parts;
        parts[Part::SecondCapture.index()].name = None;
        window.run();
        window.get_by_label("Next capture").click();
        let next = Action::Step(Part::SecondCapture, Step::Next);
        assert_eq!(done(&mut window), [next]);
        assert!(window.query_by_label("B is empty: Plexi plays").is_some());
    }

    #[test]
    fn changes_are_taken_back_by_button_and_key() {
        let mut window = window(view());
        window.get_by_label("Undo").click();
        window.get_by_label("Redo").click();
        assert_eq!(done(&mut window), [Action::Undo, Action::Redo]);
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        assert_eq!(done(&mut window), [Action::Undo]);
        window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(done(&mut window), [Action::Redo]);
        // In a field, the keys are the field's.
        window.get_by_label("Input value").click();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        assert_eq!(done(&mut window), []);
        window.key_press(Key::Escape);
        window.state_mut().view.status.can_undo = false;
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.get_by_label("Undo").click();
        assert_eq!(done(&mut window), []);
    }

    #[test]
    fn there_is_a_card_to_read_and_advice_on_the_input() {
        let mut view = view();
        let lines = [("Made by", "Ann".to_owned()), ("CPU", "3.1 %".to_owned())];
        view.status.capture.as_mut().unwrap().card = Arc::new(CaptureInfo {
            gear: Some("Marshall 1959".into()),
            lines: lines.into(),
        });
        let mut window = window(view);
        let line = "Marshall 1959 \u{b7} Quality 100 %";
        assert!(window.query_by_label(line).is_some());
        go_to(&mut window, "Info");
        for text in ["Made by", "Ann", "CPU", "3.1 %", "Play something"] {
            assert!(window.query_by_label(text).is_some(), "{text}");
        }
        // Somebody plays into an interface that clips, for some seconds.
        window.state_mut().view.status.guitar = 1.0;
        window.run_steps(6 * 60);
        let advice = "The input clips";
        let is_told = |window: &Window| {
            let told = window.query_all_by_role(Role::Alert);
            told.count() > 0 && window.query_all_by_label_contains(advice).count() > 0
        };
        assert!(is_told(&window));
        window.get_by_label("Dismiss message").click();
        assert_eq!(done_at_once(&mut window), []);
        assert_eq!(window.query_all_by_role(Role::Alert).count(), 0);
    }

    #[test]
    fn what_playing_costs_is_in_the_status_line() {
        let mut view = view();
        view.status.load = Load {
            share: 0.0317,
            overruns: 0,
        };
        let mut window = window(view);
        assert!(window.query_by_label("CPU 3.2 %").is_some());
        assert!(window.query_by_label("No overruns").is_some());
        window.state_mut().view.status.load.overruns = 3;
        window.run();
        window.get_by_label("Reset overruns").click();
        assert_eq!(done(&mut window), [Action::ForgetOverruns]);
        window.state_mut().view.status.latency = None;
        window.run();
        assert!(window.query_by_label("Not active").is_some());
        assert!(window.query_by_label_contains("CPU").is_none());
    }

    #[test]
    fn a_meter_remembers_clipping_until_it_is_clicked() {
        let mut window = window(view());
        window.state_mut().view.status.output = Levels {
            left: 0.5,
            right: Some(1.5),
        };
        window.run();
        window.state_mut().view.status.output = Levels::default();
        window.run_steps(40);
        let value = |window: &Window, label| window.get_by_label(label).value().unwrap();
        assert_eq!(value(&window, "Output peak"), "3.5 dB, clipped");
        assert_eq!(value(&window, "Input peak"), "silent");
        window.get_by_label("Output peak").click();
        assert_eq!(done(&mut window), []);
        assert_eq!(value(&window, "Output peak"), "silent");
    }
}
