//! The window. `view.rs` shows it as a plain function; this file ties it to plugin and host.

mod browser;
mod coach;
mod control;
mod curve;
mod file_dialog;
mod info;
mod knob;
mod layout;
mod message_bar;
mod meter;
mod rig;
mod setup;
#[cfg(test)]
mod snapshots;
mod sources;
mod theme;
mod view;
mod widgets;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CursorIcon, Id, Key, Rect, Sense, Stroke, Ui, ViewportCommand, vec2};
use gridleak_core::ParameterId;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::ResizeHint;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{
    EguiEditorState, EguiNiceSettings, Frame, KeyCapture, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};
use parking_lot::Mutex;

use self::control::Controls;
use self::file_dialog::{Answer, FileDialog, Picker, SystemPicker, Wanted};
use self::view::{Action, View};
use crate::host::parameters::Parameters;
pub(crate) use crate::host::workarounds::late_window::LateEditor;
use crate::host::workarounds::window_thread::WindowThread;
use crate::session::folder::Step;
use crate::session::history::{Change, History};
use crate::session::library::{Listing, Origin};
use crate::session::part::Part;
use crate::session::references::SavedPart;

pub(crate) use self::curve::{CURVE_POINTS, curve_frequency};
pub(crate) use self::view::{
    CaptureStatus, Embedding, GateMeter, Latency, Levels, Message, PartStatus, Question, Status,
};

/// What the window needs of the plugin.
///
/// Everything is called on the window's thread, except for [`Backend::load`], [`Backend::locate`] and
/// [`Backend::add_folder`].
pub(crate) trait Backend: Send + Sync + 'static {
    fn parameters(&self) -> &Parameters;

    /// What is to be shown besides the parameters. Called for every picture, so it must neither
    /// wait nor touch the disk. Levels are those since the last call.
    fn status(&self) -> Status;

    /// The file of a part, be it there or not.
    fn path(&self, part: Part) -> Option<PathBuf>;

    /// Loads the file at `path` as a part. Called on the thread of the file dialog.
    fn load(&self, part: Part, path: PathBuf);

    /// Loads the neighbour of a part in its folder. Must not wait for the disk.
    fn step(&self, part: Part, step: Step);

    /// Has nothing in the place of a part. Must not wait for the disk.
    fn clear(&self, part: Part);

    /// Has the cabinet follow the capture. Must not wait for the disk.
    fn choose_cab_by_capture(&self);

    /// Has the project carry the files of the rig, or no longer. Must not wait for the disk.
    fn set_embedding(&self, on: bool);

    /// What was changed, to be taken back.
    fn history(&self) -> &Mutex<History>;

    /// Loads what was there before. Must not wait for the disk.
    fn put_back(&self, part: Part, saved: SavedPart);

    /// Has new instances begin with the level of the interface that this one has. Must not wait for
    /// the disk.
    fn keep_interface(&self);

    /// Has a part refer to the file at `path`, where it is now. Called on the thread of the file dialog.
    fn locate(&self, part: Part, path: PathBuf);

    /// An answer to [`Status::question`]: the new file is right. Must not wait for the disk.
    fn use_new_file(&self, part: Part);

    /// The other answer: the project goes on to mean the old file. Must not wait for the disk.
    fn keep_looking(&self, part: Part);

    /// Counts blocks that came too late anew.
    fn forget_overruns(&self);

    /// Remembers the size of the window in points. Must not wait for the disk.
    fn remember_window(&self, width: u32, height: u32);

    /// Forgets the message of [`Backend::status`].
    fn dismiss_message(&self);

    /// What there is to browse. Called for every picture, so it must neither wait nor touch the disk.
    fn listing(&self) -> Arc<Listing>;

    /// The browser is shown. Called for every picture of it. Must not wait for the disk.
    fn browse(&self);

    /// Looks through the folders again. Must not wait for the disk.
    fn rescan(&self);

    /// Loads a sound of the browser as a part. Must not wait for the disk.
    fn open(&self, part: Part, origin: Origin);

    /// Makes a sound a favourite, or no longer. Must not wait for the disk.
    fn set_favourite(&self, origin: Origin, on: bool);

    /// Has the browser list a folder. Called on the thread of the file dialog.
    fn add_folder(&self, path: PathBuf);

    /// Has the browser list a folder no longer. Must not wait for the disk.
    fn remove_folder(&self, path: PathBuf);

    /// Called before the file dialog opens, whose thread may outlive the plugin.
    fn before_dialog(&self);
}

/// The size of the window and whether it is open, for [`editor`] and for whoever feeds the meters.
/// `remembered`: how wide and high it was last, in points.
pub(crate) fn new_state(remembered: Option<(f32, f32)>) -> Arc<EguiEditorState> {
    let size = remembered.map_or(layout::DEFAULT_SIZE, |(width, height)| {
        vec2(width, height).clamp(layout::SMALLEST_SIZE, layout::LARGEST_SIZE)
    });
    EguiEditorState::from_size(logical(size), 1.0)
}

/// The window of the plugin behind `backend`. Whoever changes what is to be seen says so to
/// `repaint`, which any thread may do; nothing is drawn otherwise.
pub(crate) fn editor(
    state: Arc<EguiEditorState>,
    repaint: RepaintNotifier,
    backend: Arc<dyn Backend>,
) -> Option<LateEditor> {
    let settings = EguiNiceSettings::new()
        .with_tile("Gridleak")
        .with_repaint_poll_interval(LOOK_INTERVAL)
        .with_resize_hint(
            ResizeHint::resizable().with_min_logical_size(logical(layout::SMALLEST_SIZE)),
        );
    let app = EditorApp::new(backend.clone(), state.clone(), repaint.clone());
    let thread = app.thread.clone();
    let editor = create_egui_editor(state, repaint.clone(), settings, app)?;
    Some(LateEditor::new(editor, thread, repaint, backend))
}

/// How often an open window looks whether somebody asked for a redraw. It must have been shown before
/// it looks first, see `late_window.rs`; what moves already is redrawn as often as the screen can.
const LOOK_INTERVAL: Duration = Duration::from_millis(33);

fn logical(size: egui::Vec2) -> LogicalSize<f32> {
    LogicalSize {
        width: size.x,
        height: size.y,
    }
}

/// What lives as long as the plugin and draws its window whenever that is open.
pub(crate) struct EditorApp {
    backend: Arc<dyn Backend>,
    /// The size that the host was told first.
    window: Arc<EguiEditorState>,
    thread: WindowThread,
    repaint: RepaintNotifier,
    /// The way to the host, since the window was opened first.
    host: Option<GuiContext>,
    memory: view::Memory,
    dialog: FileDialog,
    /// What the window itself has to say. It comes before what the plugin says.
    notice: Arc<Mutex<Option<Message>>>,
    /// The knobs that the host was told are held.
    held: Vec<Held>,
    /// Whether drawing failed since the window was opened.
    broken: bool,
    /// Whether the host was told how large the window really is.
    size_told: bool,
    /// The size of the window in points, and since when it is so, in seconds of its clock.
    size: Option<(egui::Vec2, f64)>,
    /// While a window that was just opened finds its size: since when it has the present one.
    arriving: Option<f64>,
    /// The size in points that the window was made for.
    first: egui::Vec2,
    /// A size that was asked for and is not the user's wish.
    told: Option<egui::Vec2>,
    /// From the hand that drags the corner to the corner itself, in points.
    corner: Option<egui::Vec2>,
}

/// A knob that is held.
struct Held {
    knob: ParameterId,
    /// Where it stood and where it was last turned to, from 0 to 1.
    before: f32,
    after: f32,
}

impl EditorApp {
    fn new(
        backend: Arc<dyn Backend>,
        window: Arc<EguiEditorState>,
        repaint: RepaintNotifier,
    ) -> Self {
        Self {
            backend,
            window,
            thread: WindowThread::default(),
            repaint,
            host: None,
            memory: view::Memory::default(),
            dialog: FileDialog::default(),
            notice: Arc::default(),
            held: Vec::new(),
            broken: false,
            size_told: false,
            size: None,
            arriving: None,
            first: layout::DEFAULT_SIZE,
            told: None,
            corner: None,
        }
    }

    /// To be called whenever a window opens; nobody tells when it closes.
    fn open(&mut self, ctx: &egui::Context, host: GuiContext) {
        self.let_go();
        theme::install(ctx);
        self.host = Some(host);
        let memory = std::mem::take(&mut self.memory);
        // What broke the window is not to break the next one.
        if !self.broken {
            self.memory = memory.reopened();
        }
        self.broken = false;
        self.size = None;
        self.told = None;
        // What was heard while nobody looked is not for the meters.
        let _ = self.backend.status();
    }

    /// Draws the window and does what was done in it. Never panics: what fails in the window
    /// must not take the host with it.
    fn draw(&mut self, ui: &mut Ui) {
        let drawn = self.broken
            || catch_unwind(AssertUnwindSafe(|| {
                let view = self.view();
                for action in view::show(ui, &view, &mut self.memory) {
                    self.perform(action, SystemPicker);
                }
                if let Some(host) = &self.host {
                    let parameters = self.backend.parameters();
                    parameters.changes.tell(host, parameters.loads());
                }
                self.show_corner(ui);
            }))
            .is_ok();
        if !drawn {
            self.broken = true;
            let _ = catch_unwind(AssertUnwindSafe(|| self.let_go()));
        }
        if self.broken {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                ui.label(
                    "The window failed, the sound goes on. Close the window and open it again.",
                )
            }));
        }
    }

    fn view(&self) -> View {
        let parameters = self.backend.parameters();
        let mut status = self.backend.status();
        if let Some(notice) = &*self.notice.lock() {
            status.message = Some(notice.clone());
        }
        let capture = status.capture.as_ref();
        let knobs = capture.map_or_else(Arc::default, |capture| capture.knobs.clone());
        View {
            controls: Controls::of(parameters, knobs),
            status,
            listing: self.backend.listing(),
            choosing: self.dialog.is_open(),
        }
    }

    fn perform(&mut self, action: Action, picker: impl Picker) {
        let Some(host) = self.host.clone() else {
            return;
        };
        let setter = host.param_setter();
        let parameters = self.backend.parameters();
        match action {
            Action::OpenDialog(part) => {
                self.open_dialog(part, picker, move |backend, path| backend.load(part, path));
            }
            Action::Locate(part) => {
                self.open_dialog(part, picker, move |backend, path| {
                    backend.locate(part, path)
                });
            }
            Action::UseNewFile(part) => self.backend.use_new_file(part),
            Action::KeepLooking(part) => self.backend.keep_looking(part),
            Action::Step(part, step) => self.backend.step(part, step),
            Action::Clear(part) => self.backend.clear(part),
            Action::ChooseCabByCapture => self.backend.choose_cab_by_capture(),
            Action::Begin(knob) => {
                let before = parameters.position(knob);
                parameters.begin(&setter, knob);
                let after = before;
                self.held.push(Held {
                    knob,
                    before,
                    after,
                });
            }
            Action::Set(knob, value) => {
                parameters.set(&setter, knob, value);
                if let Some(held) = self.held.iter_mut().find(|held| held.knob == knob) {
                    held.after = knob.row().position(value);
                }
            }
            Action::End(knob) => {
                parameters.end(&setter, knob);
                let held = self.held.iter().position(|held| held.knob == knob);
                if let Some(held) = held {
                    let held = self.held.swap_remove(held);
                    self.record(knob, held.before, held.after);
                }
            }
            Action::Change(control, plain) => {
                let before = parameters.position(control);
                parameters.set_at_once(&setter, control, plain);
                self.record(control, before, control.row().position(plain));
            }
            Action::KeepInterface => self.backend.keep_interface(),
            Action::SetEmbedding(on) => self.backend.set_embedding(on),
            // Not while a hand is on a knob.
            Action::Undo | Action::Redo if !self.held.is_empty() => {}
            Action::Undo => {
                let change = self.backend.history().lock().undo();
                self.make(&host, change);
            }
            Action::Redo => {
                let change = self.backend.history().lock().redo();
                self.make(&host, change);
            }
            Action::ForgetOverruns => self.backend.forget_overruns(),
            Action::Browse => self.backend.browse(),
            Action::Rescan => self.backend.rescan(),
            Action::Open(part, origin) => self.backend.open(part, origin),
            Action::SetFavourite(origin, on) => self.backend.set_favourite(origin, on),
            Action::AddFolder => {
                let beside = self.backend.path(Part::Capture);
                let add = |backend: &dyn Backend, path| backend.add_folder(path);
                self.ask(Wanted::Folder, beside, picker, add);
            }
            Action::RemoveFolder(path) => self.backend.remove_folder(path),
            Action::DismissMessage => {
                if self.notice.lock().take().is_none() {
                    self.backend.dismiss_message();
                }
            }
        }
    }

    /// Remembers that a control was brought from a position to another.
    fn record(&self, control: ParameterId, before: f32, after: f32) {
        let change = Change::Control {
            control,
            before,
            after,
        };
        self.backend.history().lock().record(change, Instant::now());
    }

    /// Makes a change that was made or taken back before.
    fn make(&self, host: &GuiContext, change: Option<Change>) {
        match change {
            Some(Change::Control { control, after, .. }) => {
                let parameters = self.backend.parameters();
                let plain = control.row().at_position(after);
                parameters.set_at_once(&host.param_setter(), control, plain);
            }
            Some(Change::Parts(parts)) => {
                for change in parts {
                    self.backend.put_back(change.part, change.after);
                }
            }
            None => {}
        }
    }

    /// Ends the gestures that a closed or broken window left open.
    fn let_go(&mut self) {
        let held = std::mem::take(&mut self.held);
        if let Some(host) = &self.host {
            for Held {
                knob,
                before,
                after,
            } in held
            {
                let parameters = self.backend.parameters();
                parameters.end(&host.param_setter(), knob);
                self.record(knob, before, after);
            }
        }
    }

    fn open_dialog(
        &self,
        part: Part,
        picker: impl Picker,
        then: impl FnOnce(&dyn Backend, PathBuf) + Send + 'static,
    ) {
        self.ask(Wanted::File(part), self.backend.path(part), picker, then);
    }

    /// Opens the file dialog and does `then` with what is chosen in it.
    fn ask(
        &self,
        wanted: Wanted,
        beside: Option<PathBuf>,
        picker: impl Picker,
        then: impl FnOnce(&dyn Backend, PathBuf) + Send + 'static,
    ) {
        *self.notice.lock() = None;
        self.backend.before_dialog();
        // The plugin may be gone when the answer comes; then there is nothing to load into.
        let backend = Arc::downgrade(&self.backend);
        let notice = self.notice.clone();
        let repaint = self.repaint.clone();
        self.dialog.open(picker, beside, wanted, move |answer| {
            match (answer, backend.upgrade()) {
                (Answer::Chosen(path), Some(backend)) => then(&*backend, path),
                (Answer::NoDialog, Some(_)) => *notice.lock() = Some(no_dialog()),
                _ => {}
            }
            repaint.request_repaint();
        });
    }

    /// Makes hosts on Linux learn how large a window is on a screen that is not scaled by 1. The
    /// framework learns the scale only with the window, after the host has asked for its size, so
    /// the host shows a corner of it; and it passes a size on to the host only when it changes.
    /// To be dropped with a nice-plug whose first answer is true.
    fn tell_size(&mut self, ui: &Ui, frame: &Frame) {
        if self.size_told || !cfg!(target_os = "linux") {
            return;
        }
        self.size_told = true;
        if frame.baseview_window().size().scale_factor != 1.0 {
            let changed = (self.first + vec2(1.0, 0.0)).round();
            self.told = Some(changed);
            ui.ctx()
                .send_viewport_cmd(ViewportCommand::InnerSize(changed));
        }
    }
}

/// How long a window must have kept a new size for that to be remembered, in seconds: not while a hand
/// is at its corner.
const SETTLED: f64 = 0.5;

/// How long a new window must have kept its size before another one is somebody's wish, in seconds:
/// hosts try some while they open it.
const ARRIVED: f64 = 1.0;

impl EditorApp {
    /// Draws the corner that the window is resized by, where its frame is the host's and has none.
    fn show_corner(&mut self, ui: &Ui) {
        let window = ui.ctx().content_rect();
        let corner = Rect::from_min_max(window.max - vec2(14.0, 14.0), window.max);
        let response = ui.interact(corner, Id::unique("corner"), Sense::DRAG);
        let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeNwSe);
        let colour = if response.hovered() || response.dragged() {
            theme::TEXT
        } else {
            theme::FAINT
        };
        for far in [4.0, 8.0] {
            let ends = [vec2(3.0 + far, 3.0), vec2(3.0, 3.0 + far)];
            let ends = ends.map(|end| window.max - end);
            ui.painter().line_segment(ends, Stroke::new(1.0, colour));
        }
        // What a widget knows of the pointer is gone when the window under it changes.
        let at = ui.input(|i| i.pointer.latest_pos());
        if !response.dragged() {
            self.corner = None;
        } else if let Some(at) = at {
            let beside = *self.corner.get_or_insert(window.max - at);
            let size = at + beside - window.min;
            let size = size.clamp(layout::SMALLEST_SIZE, layout::LARGEST_SIZE);
            if size.round() != window.size().round() {
                let command = ViewportCommand::InnerSize(size.round());
                ui.ctx().send_viewport_cmd(command);
            }
        }
    }

    /// Has the size of the window remembered once somebody has changed it.
    fn watch_size(&mut self, ui: &Ui) {
        let size = ui.ctx().content_rect().size().round();
        let now = ui.input(|i| i.time);
        if let Some(told) = self.told {
            // Until it is there, and then it is where the user begins.
            self.size = Some((size, f64::INFINITY));
            if size == told {
                self.told = None;
            }
            return;
        }
        match self.size {
            // The first size is the host's or the one that is remembered.
            None => {
                self.size = Some((size, f64::INFINITY));
                self.arriving = Some(now);
            }
            Some((known, _))
                if known != size
                    && self.corner.is_none()
                    && self.arriving.is_some_and(|since| now - since < ARRIVED) =>
            {
                self.size = Some((size, f64::INFINITY));
                self.arriving = Some(now);
            }
            Some((known, _)) if known != size => {
                self.arriving = None;
                self.size = Some((size, now));
                let wait = Duration::from_secs_f64(SETTLED);
                ui.ctx().request_repaint_after(wait);
            }
            Some((_, since)) if now - since >= SETTLED => {
                self.size = Some((size, f64::INFINITY));
                let [width, height] = [size.x, size.y].map(|side| side as u32);
                self.backend.remember_window(width, height);
            }
            // Other pictures may have come between, and egui keeps one wish only.
            Some((_, since)) if since.is_finite() => {
                let rest = (since + SETTLED - now).max(0.0);
                ui.ctx()
                    .request_repaint_after(Duration::from_secs_f64(rest));
            }
            Some(_) => {}
        }
    }
}

impl NiceEguiApp for EditorApp {
    fn build(
        &mut self,
        egui_ctx: egui::Context,
        nice_gui_ctx: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        self.thread.begin();
        // Hosts may change it before the first picture.
        let size = self.window.logical_size();
        self.first = vec2(size.width, size.height);
        frame.set_clear_color(theme::BACKGROUND.into());
        let opened = catch_unwind(AssertUnwindSafe(|| self.open(&egui_ctx, nice_gui_ctx)));
        self.broken = opened.is_err();
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        let around = catch_unwind(AssertUnwindSafe(|| {
            self.tell_size(ui, frame);
            self.watch_size(ui);
            leave_space_to_host(ui, frame);
        }));
        self.broken |= around.is_err();
        self.draw(ui);
    }
}

/// The space bar starts and stops the host, unless it is wanted in a text. Enter presses buttons.
fn leave_space_to_host(ui: &Ui, frame: &mut Frame) {
    let typing = ui.ctx().text_edit_focused();
    let capture = if typing {
        KeyCapture::CaptureAll
    } else {
        ui.input_mut(|i| {
            i.events.retain(|event| {
                !matches!(
                    event,
                    egui::Event::Key {
                        key: Key::Space,
                        ..
                    }
                )
            });
        });
        KeyCapture::IgnoreKeys(vec![nice_plug_egui::Key::Character(" ".into())])
    };
    frame.set_key_capture(capture);
}

fn no_dialog() -> Message {
    Message::error(if cfg!(target_os = "linux") {
        "No file dialog could be opened. Install xdg-desktop-portal with the part for your \
         desktop, or the program zenity, and try again."
    } else {
        "No file dialog could be opened. Try again."
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::mpsc;

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;
    use nice_plug::context::PluginApi;
    use nice_plug::context::gui::GuiContextInner;
    use nice_plug::prelude::{ParamPtr, Params, PluginState};

    use crate::session::folder::Place;
    use crate::session::history::PartChange;
    use gridleak_core::{Kind, PARAMETERS, Source};

    /// A plugin without sound.
    struct Plugin {
        parameters: Parameters,
        status: Mutex<Status>,
        listing: Mutex<Arc<Listing>>,
        loaded: Mutex<mpsc::Sender<(Part, PathBuf)>>,
        /// What else was asked of the parts.
        asked: Mutex<Vec<String>>,
        looks: AtomicUsize,
        dialogs: AtomicUsize,
        fails: AtomicBool,
        history: Mutex<History>,
    }

    impl Backend for Plugin {
        fn parameters(&self) -> &Parameters {
            &self.parameters
        }

        fn status(&self) -> Status {
            assert!(!self.fails.load(Ordering::Relaxed), "a bug in the plugin");
            self.looks.fetch_add(1, Ordering::Relaxed);
            self.status.lock().clone()
        }

        fn path(&self, _part: Part) -> Option<PathBuf> {
            None
        }

        fn load(&self, part: Part, path: PathBuf) {
            self.loaded.lock().send((part, path)).unwrap();
        }

        fn step(&self, part: Part, step: Step) {
            self.asked.lock().push(format!("{part:?} {step:?}"));
        }

        fn clear(&self, part: Part) {
            self.asked.lock().push(format!("{part:?} clear"));
        }

        fn choose_cab_by_capture(&self) {
            self.asked.lock().push("automatic".into());
        }

        fn set_embedding(&self, on: bool) {
            self.status.lock().embedding = Some(Embedding { on, bytes: 1000 });
        }

        fn history(&self) -> &Mutex<History> {
            &self.history
        }

        fn put_back(&self, part: Part, saved: SavedPart) {
            let name = saved.name();
            self.asked.lock().push(format!("{part:?} back to {name}"));
        }

        fn keep_interface(&self) {
            self.asked.lock().push("keep the interface".into());
        }

        fn locate(&self, part: Part, path: PathBuf) {
            self.asked
                .lock()
                .push(format!("{part:?} is at {}", path.display()));
            self.load(part, path);
        }

        fn use_new_file(&self, part: Part) {
            self.asked.lock().push(format!("{part:?} new file"));
        }

        fn keep_looking(&self, part: Part) {
            self.asked.lock().push(format!("{part:?} old file"));
        }

        fn forget_overruns(&self) {
            self.status.lock().load.overruns = 0;
        }

        fn remember_window(&self, width: u32, height: u32) {
            self.asked.lock().push(format!("{width} by {height}"));
        }

        fn dismiss_message(&self) {
            self.status.lock().message = None;
        }

        fn listing(&self) -> Arc<Listing> {
            self.listing.lock().clone()
        }

        fn browse(&self) {
            self.asked.lock().push("browse".into());
        }

        fn rescan(&self) {
            self.asked.lock().push("rescan".into());
        }

        fn open(&self, part: Part, origin: Origin) {
            self.asked.lock().push(format!("{part:?} {origin:?}"));
        }

        fn set_favourite(&self, origin: Origin, on: bool) {
            self.asked.lock().push(format!("favourite {origin:?} {on}"));
        }

        fn add_folder(&self, path: PathBuf) {
            self.loaded.lock().send((Part::Capture, path)).unwrap();
        }

        fn remove_folder(&self, path: PathBuf) {
            self.asked.lock().push(format!("remove {}", path.display()));
        }

        fn before_dialog(&self) {
            self.dialogs.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn plugin() -> (Arc<Plugin>, mpsc::Receiver<(Part, PathBuf)>) {
        let (sender, receiver) = mpsc::channel();
        let plugin = Plugin {
            parameters: Parameters::new(
                crate::session::part::Part::ALL
                    .map(|part| crate::session::references::PartSlot::new(part, || {})),
            ),
            status: Mutex::default(),
            listing: Mutex::default(),
            loaded: Mutex::new(sender),
            asked: Mutex::default(),
            looks: AtomicUsize::new(0),
            dialogs: AtomicUsize::new(0),
            history: Mutex::default(),
            fails: AtomicBool::new(false),
        };
        (Arc::new(plugin), receiver)
    }

    /// A host that does what it is asked and writes it down.
    struct Host {
        plugin: Arc<Plugin>,
        log: Arc<Mutex<Vec<String>>>,
    }

    impl Host {
        fn log(&self, parameter: ParamPtr, what: &str) {
            let known = self.plugin.parameters.param_map();
            let name = known.into_iter().find(|(_, found, _)| *found == parameter);
            let (name, ..) = name.expect("a parameter of the plugin");
            self.log.lock().push(format!("{name} {what}"));
        }
    }

    impl GuiContextInner for Host {
        fn plugin_api(&self) -> PluginApi {
            PluginApi::Clap
        }

        unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
            self.log(param, "begin");
        }

        unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
            self.log(param, &format!("{normalized:.4}"));
            // SAFETY: `log` has found the parameter among those of the plugin, which lives.
            unsafe { param._internal_set_normalized_value(normalized) };
        }

        unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
            self.log(param, "end");
        }

        fn get_state(&self) -> PluginState {
            unreachable!("the window does not ask for the state")
        }

        fn set_state(&self, _state: PluginState) {
            unreachable!("the window does not set the state")
        }

        fn request_restart(&self) {
            unreachable!("the window does not restart the plugin")
        }
    }

    /// The window of `plugin`, open in a host, and what the host wrote down.
    fn open(plugin: &Arc<Plugin>) -> (EditorApp, Arc<Mutex<Vec<String>>>) {
        let mut app = EditorApp::new(plugin.clone(), new_state(None), RepaintNotifier::new());
        let log = Arc::<Mutex<Vec<String>>>::default();
        app.open(&egui::Context::default(), host(plugin, &log));
        (app, log)
    }

    fn host(plugin: &Arc<Plugin>, log: &Arc<Mutex<Vec<String>>>) -> GuiContext {
        GuiContext::new(Arc::new(Host {
            plugin: plugin.clone(),
            log: log.clone(),
        }))
    }

    fn harness(app: EditorApp) -> Harness<'static, EditorApp> {
        Harness::builder()
            .with_size(layout::DEFAULT_SIZE)
            .build_ui_state(|ui, app: &mut EditorApp| app.draw(ui), app)
    }

    #[test]
    fn parameters_are_set_in_gestures_and_shown_as_the_host_has_them() {
        let (plugin, _) = plugin();
        let (app, log) = open(&plugin);
        let mut window = harness(app);
        window.get_by_label("Setup").click();
        window.run();
        window.get_by_label("Input Source: Sum").click();
        window.get_by_label("Bypass").click();
        window.get_by_label("Output").set_value_accesskit(-10.0);
        window.run();
        let expected = [
            "source begin",
            "source 1.0000",
            "source end",
            "bypass begin",
            "bypass 1.0000",
            "bypass end",
            "outgn begin",
            "outgn 0.3750",
            "outgn end",
        ];
        assert_eq!(*log.lock(), expected);
        assert_eq!(plugin.parameters.settings().source, Source::Sum);
        assert_eq!(plugin.parameters.settings().output_db, -10.0);
        let shown = window.get_by_label("Output").value();
        assert_eq!(shown.as_deref(), Some("-10.0 dB"));

        // Automation by the host.
        let automate = host(&plugin, &log);
        plugin
            .parameters
            .set(&automate.param_setter(), ParameterId::Input, 3.5);
        window.run();
        let shown = window.get_by_label("Input").value();
        assert_eq!(shown.as_deref(), Some("3.5 dB"));
    }

    #[test]
    fn every_parameter_is_moved_in_a_gesture_of_its_own() {
        let (plugin, _) = plugin();
        let (mut app, log) = open(&plugin);
        let stub = || Stub(None);
        for row in &PARAMETERS {
            let which = row.which;
            let before = plugin.parameters.value(which);
            let wanted = match row.kind {
                Kind::Number(_) => {
                    let value = row.at_position(0.25);
                    app.perform(Action::Begin(which), stub());
                    app.perform(Action::Set(which, value), stub());
                    app.perform(Action::End(which), stub());
                    value
                }
                // To the other end, or to the next option.
                _ => {
                    let ends = row.range();
                    let value = (before + 1.0) % (ends.end() + 1.0);
                    app.perform(Action::Change(which, value), stub());
                    value
                }
            };
            let now = plugin.parameters.value(which);
            assert!((now - wanted).abs() < 1e-3, "{}: {now} {wanted}", row.id);
        }
        let log = log.lock();
        let mut moved = Vec::new();
        for gesture in log.chunks(3) {
            let name = gesture[0].strip_suffix(" begin").expect("a beginning");
            assert!(gesture[1].starts_with(name), "{gesture:?}");
            assert_eq!(gesture[2], format!("{name} end"));
            moved.push(name);
        }
        moved.sort_unstable();
        moved.dedup();
        assert_eq!(moved.len(), PARAMETERS.len());
    }

    #[test]
    fn every_change_is_taken_back_and_made_again() {
        let (plugin, _) = plugin();
        let (mut app, _) = open(&plugin);
        let stub = || Stub(None);
        let parameters = &plugin.parameters;
        for action in [
            Action::Begin(ParameterId::Output),
            Action::Set(ParameterId::Output, -7.0),
            Action::Set(ParameterId::Output, -9.0),
            Action::End(ParameterId::Output),
            Action::Change(ParameterId::Bypass, 1.0),
            Action::Change(ParameterId::InputSource, 3.0),
        ] {
            app.perform(action, stub());
        }
        let part = SavedPart::built_in;
        let loaded = Change::Parts(vec![PartChange {
            part: Part::Pedal,
            before: part("none"),
            after: part("lead"),
        }]);
        plugin.history.lock().record(loaded, Instant::now());
        let state = || {
            let settings = parameters.settings();
            (settings.output_db, settings.bypass, settings.source)
        };
        let done = [
            (0.0, false, Source::Stereo),
            (-9.0, false, Source::Stereo),
            (-9.0, true, Source::Stereo),
            (-9.0, true, Source::Sum),
        ];
        app.perform(Action::Undo, stub());
        assert_eq!(*plugin.asked.lock(), ["Pedal back to none"]);
        for wanted in done[..3].iter().rev() {
            app.perform(Action::Undo, stub());
            assert_eq!(state(), *wanted);
        }
        app.perform(Action::Undo, stub());
        assert_eq!(state(), done[0], "there is no more");
        for wanted in &done[1..] {
            app.perform(Action::Redo, stub());
            assert_eq!(state(), *wanted);
        }
        app.perform(Action::Redo, stub());
        assert_eq!(plugin.asked.lock()[1], "Pedal back to lead");
    }

    #[test]
    fn the_corner_asks_for_another_size() {
        let (plugin, _) = plugin();
        let (app, _) = open(&plugin);
        let mut window = Harness::builder()
            .with_size(vec2(900.0, 600.0))
            .build_ui_state(|ui, app: &mut EditorApp| app.show_corner(ui), app);
        let drag = |window: &mut Harness<'_, EditorApp>, at, pressed| {
            window.event(egui::Event::PointerMoved(at));
            window.run();
            window.event(egui::Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            window.run();
        };
        drag(&mut window, egui::pos2(896.0, 596.0), true);
        window.event(egui::Event::PointerMoved(egui::pos2(1000.0, 640.0)));
        window.step();
        let outputs = window.output().viewport_output.values();
        let commands: Vec<_> = outputs.flat_map(|output| output.commands.clone()).collect();
        let wanted = vec2(1004.0, 644.0);
        assert_eq!(commands, [ViewportCommand::InnerSize(wanted)]);
    }

    #[test]
    fn a_size_that_somebody_chose_is_remembered() {
        let (plugin, _) = plugin();
        let (app, _) = open(&plugin);
        let size = |width| vec2(width, 600.0);
        let mut window = Harness::builder()
            .with_size(size(900.0))
            .with_step_dt(0.1)
            .build_ui_state(|ui, app: &mut EditorApp| app.watch_size(ui), app);
        // The host has not made up its mind.
        for width in [600.0, 900.0, 600.0, 900.0] {
            window.set_size(size(width));
            window.run_steps(8);
        }
        window.run_steps(12);
        assert!(plugin.asked.lock().is_empty(), "nobody chose that");
        for width in [910.0, 920.0, 1000.0] {
            window.set_size(size(width));
            window.run_steps(2);
        }
        assert!(plugin.asked.lock().is_empty(), "the hand is still there");
        window.run_steps(10);
        assert_eq!(*plugin.asked.lock(), ["1000 by 600"]);
        // What the window asked for itself is not.
        window.state_mut().told = Some(size(1001.0));
        window.run_steps(10);
        window.set_size(size(1001.0));
        window.run_steps(10);
        assert_eq!(plugin.asked.lock().len(), 1);
        window.set_size(size(1100.0));
        window.run_steps(12);
        assert_eq!(plugin.asked.lock()[1], "1100 by 600");
        let small = new_state(Some((100.0, 9e9)));
        assert_eq!(small.logical_size().width, layout::SMALLEST_SIZE.x);
    }

    #[test]
    fn the_parts_are_left_to_the_plugin() {
        let (plugin, _) = plugin();
        for part in &mut plugin.status.lock().parts {
            part.name = Some("something".into());
            part.place = Some(Place { index: 1, count: 2 });
        }
        let (app, _) = open(&plugin);
        let mut window = harness(app);
        for label in [
            "Next capture",
            "Previous capture",
            "Next second cabinet",
            "Clear pedal",
            "Automatic",
        ] {
            window.get_by_label(label).click();
        }
        window.run();
        assert_eq!(
            *plugin.asked.lock(),
            [
                "Capture Next",
                "Capture Previous",
                "SecondCab Next",
                "Pedal clear",
                "automatic",
            ]
        );
    }

    #[test]
    fn what_is_said_of_a_missing_file_reaches_the_plugin() {
        let (plugin, chosen) = plugin();
        let (mut app, _) = open(&plugin);
        app.perform(Action::Locate(Part::Pedal), Stub(Some("amp.nam".into())));
        assert_eq!(chosen.recv().unwrap().0, Part::Pedal);
        app.perform(Action::UseNewFile(Part::Cab), Stub(None));
        app.perform(Action::KeepLooking(Part::Capture), Stub(None));
        let asked = plugin.asked.lock();
        assert_eq!(
            *asked,
            ["Pedal is at amp.nam", "Cab new file", "Capture old file"]
        );
    }

    struct Stub(Option<PathBuf>);

    impl Picker for Stub {
        fn pick(self, _wanted: Wanted, _folder: Option<&std::path::Path>) -> Option<PathBuf> {
            self.0
        }
    }

    #[test]
    fn the_chosen_file_is_loaded() {
        let (plugin, loaded) = plugin();
        let (mut app, _) = open(&plugin);
        for (count, part) in Part::ALL.into_iter().enumerate() {
            app.perform(Action::OpenDialog(part), Stub(Some("amp.nam".into())));
            assert_eq!(plugin.dialogs.load(Ordering::Relaxed), count + 1);
            assert_eq!(loaded.recv().unwrap(), (part, PathBuf::from("amp.nam")));
        }
    }

    #[test]
    fn what_the_browser_asks_for_reaches_the_plugin() {
        let (plugin, added) = plugin();
        let (mut app, _) = open(&plugin);
        let folder = || PathBuf::from("captures");
        let origin = || Origin::File(folder().join("amp.nam"));
        app.perform(Action::AddFolder, Stub(Some(folder())));
        assert_eq!(added.recv().unwrap().1, folder());
        assert_eq!(plugin.dialogs.load(Ordering::Relaxed), 1);
        for action in [
            Action::Open(Part::Pedal, origin()),
            Action::SetFavourite(origin(), true),
            Action::RemoveFolder(folder()),
            Action::Rescan,
        ] {
            app.perform(action, Stub(None));
        }
        let mut window = harness(app);
        assert_eq!(plugin.asked.lock().len(), 4);
        window.get_by_label("Browse").click();
        window.run();
        let asked = plugin.asked.lock();
        assert!(asked[0].starts_with("Pedal File("), "{}", asked[0]);
        assert!(asked[1].starts_with("favourite File("), "{}", asked[1]);
        assert_eq!(asked[2..5], ["remove captures", "rescan", "browse"]);
    }

    #[test]
    fn a_plugin_that_is_gone_loads_nothing() {
        let (plugin, loaded) = plugin();
        let (mut app, _) = open(&plugin);
        let (close, closing) = mpsc::channel::<()>();
        struct Slow(mpsc::Receiver<()>);
        impl Picker for Slow {
            fn pick(self, _wanted: Wanted, _folder: Option<&std::path::Path>) -> Option<PathBuf> {
                let _ = self.0.recv();
                Some("amp.nam".into())
            }
        }
        app.perform(Action::OpenDialog(Part::Capture), Slow(closing));
        // The log holds the plugin, the application does; the dialog's thread does not.
        drop(app);
        assert_eq!(Arc::strong_count(&plugin), 1);
        drop(plugin);
        drop(close);
        assert!(loaded.recv().is_err());
    }

    #[test]
    fn a_system_without_a_dialog_is_told_about_and_dismissed() {
        let (plugin, _) = plugin();
        plugin.status.lock().message = Some(Message::notice("of the plugin"));
        let (mut app, _) = open(&plugin);
        app.perform(Action::OpenDialog(Part::Capture), Stub(None));
        while app.notice.lock().is_none() {
            std::thread::yield_now();
        }
        let mut window = harness(app);
        let text = no_dialog().text;
        assert!(window.query_by_label(&text).is_some());
        window.get_by_label("Dismiss message").click();
        window.run();
        // What was behind it comes forth, and can be dismissed in turn.
        assert!(window.query_by_label(&text).is_none());
        assert!(window.query_by_label("of the plugin").is_some());
        window.get_by_label("Dismiss message").click();
        window.run();
        assert_eq!(plugin.status.lock().message, None);
        assert!(window.query_by_label("Dismiss message").is_none());
    }

    #[test]
    fn a_gesture_that_the_window_left_open_is_ended() {
        let (plugin, _) = plugin();
        let (mut app, log) = open(&plugin);
        app.perform(Action::Begin(ParameterId::Output), Stub(None));
        app.open(&egui::Context::default(), host(&plugin, &log));
        assert_eq!(*log.lock(), ["outgn begin", "outgn end"]);
    }

    #[test]
    fn the_host_hears_of_every_change_of_the_project_once() {
        let (plugin, _) = plugin();
        let (app, log) = open(&plugin);
        let mut window = harness(app);
        window.run();
        assert!(log.lock().is_empty());
        let changes = &plugin.parameters.changes;
        for count in ["0.0010", "0.0020"] {
            // Between two pictures, many are one.
            changes.made_one(0);
            changes.made_one(0);
            window.run();
            window.run();
            let told = std::mem::take(&mut *log.lock());
            let value = format!("edits {count}");
            assert_eq!(told, ["edits begin", &value, "edits end"]);
        }
        // What was done to the project before is no change of this one.
        changes.made_one(0);
        let slot = plugin.parameters.slot(Part::Capture);
        nice_plug::params::persist::PersistentField::set(slot, Part::Capture.first().write());
        window.run();
        assert!(log.lock().is_empty());
    }

    #[test]
    fn a_failure_shows_a_line_and_ends_with_the_window() {
        let (plugin, _) = plugin();
        let (mut app, log) = open(&plugin);
        app.perform(Action::Begin(ParameterId::Input), Stub(None));
        let mut window = harness(app);
        plugin.fails.store(true, Ordering::Relaxed);
        window.run();
        assert!(
            window
                .query_by_label_contains("The window failed")
                .is_some()
        );
        assert_eq!(*log.lock(), ["ingain begin", "ingain end"]);
        // It stays so, even if the cause is gone.
        plugin.fails.store(false, Ordering::Relaxed);
        window.run();
        assert!(window.query_by_label("Load capture").is_none());
        // A new window is a new chance.
        let ctx = window.ctx.clone();
        window.state_mut().open(&ctx, host(&plugin, &log));
        window.run();
        assert!(window.query_by_label("Load capture").is_some());
    }

    #[test]
    fn what_was_heard_before_the_window_opened_is_not_shown() {
        let (plugin, _) = plugin();
        let _ = open(&plugin);
        assert_eq!(plugin.looks.load(Ordering::Relaxed), 1);
    }
}
