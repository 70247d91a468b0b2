//! Whether there is a window, and what is missing, told where it can be read without one: among the
//! host's parameters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use nice_plug::context::gui::GuiContext;
use nice_plug::prelude::*;
use parking_lot::Mutex;

use crate::files::failure::one_line;

/// Longest text about what is missing, in characters.
const LONGEST: usize = 200;

/// What became of the window when the host asked for it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowStatus {
    /// It opened, or was never asked for.
    Ready,
    NoScreen,
    NoOpenGl,
    Failed,
}

impl WindowStatus {
    const ALL: [Self; 4] = [Self::Ready, Self::NoScreen, Self::NoOpenGl, Self::Failed];

    /// What it means that the framework cannot make a window and says `error`. It has no types for
    /// that, only words.
    pub(crate) fn of_error(error: &str) -> Self {
        const SCREEN: [&str; 2] = ["XOpenDisplay", "libX11"];
        const OPEN_GL: [&str; 5] = [
            "GL",
            "Framebuffer",
            "visual configuration",
            "GetProcAddress",
            "MakeCurrent",
        ];
        let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
        if says(&SCREEN) {
            Self::NoScreen
        } else if says(&OPEN_GL) {
            Self::NoOpenGl
        } else {
            Self::Failed
        }
    }

    /// For a list whose lines may be cut off: the cause comes first.
    fn text(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::NoScreen => {
                "No window, there is no X11 screen: start X11 or XWayland, or use this list"
            }
            Self::NoOpenGl => {
                "No window, OpenGL is missing: install the graphics driver, or use this list"
            }
            Self::Failed => "No window, it failed to open: start the host again, or use this list",
        }
    }
}

/// A parameter that only shows what does not play as the project means it, else a [`WindowStatus`].
///
/// The framework can hide a parameter or let the host set it, nothing in between, so this one can be
/// set, to no effect: its text is that of the status wherever it stands. It has no steps, for the texts
/// of steps are kept by hosts. It moves when the status changes, so that they look again.
#[derive(Params)]
pub(crate) struct WindowReport {
    #[id = "window"]
    parameter: FloatParam,
    status: Arc<AtomicU8>,
    /// Locked for instants only, and never by the audio thread, which has no use for texts.
    absent: Arc<Mutex<Option<String>>>,
}

impl WindowReport {
    pub(crate) fn new() -> Self {
        let status = Arc::new(AtomicU8::new(0));
        let absent = Arc::<Mutex<Option<String>>>::default();
        let (window, missing) = (status.clone(), absent.clone());
        let text = move || {
            let index = usize::from(window.load(Ordering::Relaxed));
            let window = WindowStatus::ALL[index.min(WindowStatus::ALL.len() - 1)];
            match (missing.lock().clone(), window) {
                (Some(missing), WindowStatus::Ready) => missing,
                (Some(missing), window) => format!("{missing}. {}", window.text()),
                (None, window) => window.text().into(),
            }
        };
        let typed = text.clone();
        let range = FloatRange::Linear { min: 0.0, max: 1.0 };
        let parameter = FloatParam::new("Status", 0.0, range)
            .with_value_to_string(Arc::new(move |_| text()))
            .with_string_to_value(Arc::new(move |said| {
                (said.trim() == typed()).then_some(0.0)
            }))
            .non_automatable();
        Self {
            parameter,
            status,
            absent,
        }
    }

    /// Tells what does not play as the project means it, in a line; `None` if all does. Hosts see it
    /// when they look next. Not for the audio thread.
    pub(crate) fn tell_absent(&self, text: Option<String>) {
        let text = text.map(|text| one_line(&text).chars().take(LONGEST).collect());
        let _old = std::mem::replace(&mut *self.absent.lock(), text);
    }

    /// To be called on the host's main thread.
    pub(crate) fn set(&self, status: WindowStatus, host: &GuiContext) {
        let before = self.status.swap(status as u8, Ordering::Relaxed);
        // A VST3 host might ask back at once, while the framework is busy with the window, and it
        // would panic. Those read their lists anew when they show them.
        if before != status as u8 && host.plugin_api() == PluginApi::Clap {
            let setter = host.param_setter();
            setter.begin_set_parameter(&self.parameter);
            let ready = status == WindowStatus::Ready;
            setter.set_parameter(&self.parameter, if ready { 0.0 } else { 1.0 });
            setter.end_set_parameter(&self.parameter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_to_those_who_see_only_the_parameters() {
        let report = WindowReport::new();
        let text = || report.parameter.to_string();
        assert_eq!(text(), "Ready");
        let missing = "Missing: Plexi. Crunch plays instead";
        report.tell_absent(Some(missing.into()));
        assert_eq!(text(), missing);
        report
            .status
            .store(WindowStatus::NoOpenGl as u8, Ordering::Relaxed);
        assert!(text().starts_with(&format!("{missing}. No window, OpenGL")));
        report.tell_absent(None);
        assert!(text().starts_with("No window, OpenGL"));
        report.tell_absent(Some("x\n".repeat(10_000)));
        assert!(text().len() < 500 && !text().contains('\n'));
    }
}
