//! The window as baseview (0.4.2) drives it: what happens in it goes to egui, egui's picture to OpenGL.
//! On X11 all of this runs on a thread of the window's own, elsewhere on the host's main thread.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use baseview::{
    DamageArea, Event, EventStatus, HandlerError, TimerHandle, WindowContext, WindowEvent,
    WindowHandler, WindowSize,
};
use egui::{Rect, Vec2, ViewportCommand, ViewportId};
use keyboard_types::KeyboardEvent;
use parking_lot::Mutex;

use super::canvas::Canvas;
use super::clipboard;
use super::ending::Ending;
use super::frame_clock::FrameClock;
use super::input::{self, Input, KeyUse};
use super::shared::{Shared, native};
#[cfg(target_os = "linux")]
use super::x11;

/// How often is looked whether a picture is due. Each of these looks is an atomic or two.
const LOOK: Duration = Duration::from_millis(if cfg!(target_os = "linux") { 5 } else { 16 });

/// Pictures in a row that may fail before the window closes itself.
const FAILURES: u32 = 3;

/// The open window.
pub(super) struct Handler {
    window: WindowContext,
    shared: Arc<Shared>,
    ending: Arc<Ending>,
    egui: egui::Context,
    canvas: RefCell<Canvas>,
    input: RefCell<Input>,
    /// What other threads bring: what was pasted.
    brought: Arc<Mutex<Vec<egui::Event>>>,
    clock: FrameClock,
    /// Whether the window is to be seen. On X11, baseview never answers to redraws that were asked for
    /// before, and what is drawn before is lost.
    seen: Cell<bool>,
    cursor: Cell<egui::CursorIcon>,
    /// The size that the host was last asked for, in its units.
    asked: Cell<(u32, u32)>,
    failures: Cell<u32>,
    #[cfg(target_os = "linux")]
    keys: Option<x11::Keys>,
    _timer: TimerHandle,
}

impl Handler {
    pub(super) fn new(
        window: WindowContext,
        shared: Arc<Shared>,
        ending: Arc<Ending>,
        #[cfg_attr(not(target_os = "linux"), expect(unused_variables))] parent: Option<u32>,
    ) -> Result<Self, HandlerError> {
        let canvas = Canvas::new(&window)?;
        let clock = FrameClock::new();
        let egui = egui::Context::default();
        let wishes = clock.clone();
        egui.set_request_repaint_callback(move |wish| wishes.wish(wish.delay));
        let mut input = Input::default();
        input.raw.max_texture_side = Some(canvas.max_texture_side());
        let timer = window.create_timer(LOOK)?;
        shared.editor.lock().open(&egui);
        shared.repaint.set_open(true);
        clock.wish(Duration::ZERO);
        Ok(Self {
            #[cfg(target_os = "linux")]
            keys: x11::Keys::new(parent),
            _timer: timer,
            seen: Cell::new(cfg!(not(target_os = "linux"))),
            cursor: Cell::default(),
            asked: Cell::default(),
            failures: Cell::default(),
            brought: Arc::default(),
            canvas: canvas.into(),
            input: input.into(),
            clock,
            egui,
            shared,
            ending,
            window,
        })
    }

    /// The host cannot bear a panic, and baseview's thread would end with it.
    fn guarded<T>(&self, otherwise: T, does: impl FnOnce(&Self) -> T) -> T {
        catch_unwind(AssertUnwindSafe(|| does(self))).unwrap_or_else(|_| {
            self.failed();
            otherwise
        })
    }

    fn failed(&self) {
        let failures = self.failures.get() + 1;
        self.failures.set(failures);
        if failures >= FAILURES {
            self.window.request_close();
        }
    }

    fn pixels_per_point(&self) -> f32 {
        self.shared.scale_of(self.window.size()) as f32
    }

    /// Draws a picture if one is due and can be seen.
    fn look(&self) {
        if self.shared.repaint.take() {
            self.clock.wish(Duration::ZERO);
        }
        if self.seen.get() && self.clock.take_due() {
            if cfg!(target_os = "linux") {
                self.paint();
            } else {
                self.window.request_redraw();
            }
        }
    }

    fn paint(&self) {
        match self.try_paint() {
            Ok(()) => self.failures.set(0),
            Err(_) => {
                self.failed();
                self.clock.wish(Duration::ZERO);
            }
        }
    }

    fn try_paint(&self) -> Result<(), HandlerError> {
        let size = self.window.size();
        let scale = self.pixels_per_point();
        let pixels = [size.physical.width, size.physical.height];
        let points = Vec2::from(pixels.map(|side| side as f32)) / scale;
        let input = {
            let mut input = self.input.borrow_mut();
            let raw = &mut input.raw;
            raw.time = Some(self.clock.seconds());
            raw.screen_rect = Some(Rect::from_min_size(egui::Pos2::ZERO, points));
            let viewport = raw.viewports.entry(ViewportId::ROOT).or_default();
            viewport.native_pixels_per_point = Some(scale);
            raw.events.append(&mut self.brought.lock());
            raw.take()
        };
        let mut output = self
            .egui
            .run_ui(input, |ui| self.shared.editor.lock().show(ui));
        self.obey(&mut output);
        self.canvas.borrow_mut().paint(&self.egui, pixels, output)
    }

    /// Does what egui asks for besides a picture.
    fn obey(&self, output: &mut egui::FullOutput) {
        for command in output.platform_output.commands.drain(..) {
            if let egui::OutputCommand::CopyText(text) = command {
                clipboard::copy(text);
            }
        }
        let icon = output.platform_output.cursor_icon;
        if self.cursor.replace(icon) != icon {
            let _ = self.window.set_mouse_cursor(input::cursor(icon));
        }
        for viewport in output.viewport_output.values() {
            for command in &viewport.commands {
                if let ViewportCommand::InnerSize(points) = command {
                    self.ask_for_size(*points);
                }
            }
        }
    }

    /// Asks the host for another size; without a host, takes it.
    fn ask_for_size(&self, points: Vec2) {
        let now = self.window.size();
        let (width, height) = self.shared.to_host(points, self.shared.scale_of(now));
        if self.asked.replace((width, height)) == (width, height) {
            return;
        }
        if !self.shared.ask_host(width, height) {
            let _ = self.window.resize(native(width, height));
        }
    }

    #[cfg_attr(not(target_os = "linux"), allow(unused_mut))]
    fn on_key(&self, mut event: KeyboardEvent) -> EventStatus {
        #[cfg(target_os = "linux")]
        let as_it_came = event.clone();
        #[cfg(target_os = "linux")]
        if let Some(keys) = &self.keys {
            keys.translate(&mut event);
        }
        let typing = self.egui.text_edit_focused();
        let wants_keys = self.egui.egui_wants_keyboard_input();
        let used = self.input.borrow_mut().key(event, typing, wants_keys);
        match used {
            KeyUse::Own if wants_keys => EventStatus::Captured,
            KeyUse::Own => EventStatus::Ignored,
            KeyUse::Paste => {
                let (brought, egui) = (self.brought.clone(), self.egui.clone());
                clipboard::paste(move |text| {
                    brought.lock().push(egui::Event::Paste(text));
                    egui.request_repaint();
                });
                EventStatus::Captured
            }
            KeyUse::Hosts => {
                // On macOS baseview passes on what is ignored; on Windows it keeps all keys from the host,
                // whatever is answered.
                #[cfg(target_os = "linux")]
                if let Some(keys) = &self.keys {
                    keys.pass_on(&as_it_came);
                }
                EventStatus::Ignored
            }
        }
    }
}

impl WindowHandler for Handler {
    fn poll(&self) {
        if self.ending.is_wanted() {
            self.window.request_close();
        }
    }

    fn damage(&self, _area: DamageArea<'_>) {
        self.seen.set(true);
        self.clock.wish(Duration::ZERO);
    }

    fn draw(&self) -> Result<(), HandlerError> {
        self.guarded((), |handler| {
            // On X11 the timer draws, for baseview's own clock can stand still for good.
            if cfg!(target_os = "linux") {
                handler.look();
            } else {
                handler.paint();
            }
        });
        Ok(())
    }

    fn resized(&self, _size: WindowSize) -> Result<(), HandlerError> {
        self.asked.set((0, 0));
        self.clock.wish(Duration::ZERO);
        Ok(())
    }

    fn on_event(&self, event: Event) -> EventStatus {
        self.guarded(EventStatus::Ignored, |handler| {
            handler.clock.wish(Duration::ZERO);
            match event {
                Event::Mouse(event) => {
                    let pressed = matches!(event, baseview::MouseEvent::ButtonPressed { .. });
                    if pressed && !handler.window.has_focus() {
                        let _ = handler.window.focus();
                    }
                    let scale = handler.pixels_per_point();
                    handler.input.borrow_mut().mouse(event, scale)
                }
                Event::Keyboard(event) => handler.on_key(event),
                Event::Window(event) => {
                    if !matches!(event, WindowEvent::WillClose) {
                        handler.input.borrow_mut().window(&event);
                    }
                    EventStatus::Captured
                }
                _ => EventStatus::Ignored,
            }
        })
    }

    fn on_timer(&self, _timer: &TimerHandle) {
        self.guarded((), Self::look);
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.shared.repaint.set_open(false);
        self.shared.editor.lock().close();
    }
}
