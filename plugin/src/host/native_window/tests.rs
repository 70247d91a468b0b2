//! The window on an X11 screen. `cargo xtask test` runs these, for they need one.

use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux,
    EventMask, ImageFormat, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::*;
use crate::session::library::Origin;
use crate::session::part::Part;
use crate::window::{Action, EditorBackend, View};

/// An empty window has one; the text of one label alone has dozens.
const COLOURS: usize = 50;

/// A screen with windows for ours to be in.
struct Screen {
    connection: RustConnection,
    root: Window,
}

impl Screen {
    fn new() -> Self {
        let (connection, screen) = x11rb::connect(None).expect("a screen");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    /// A window that is not to be seen yet.
    fn window(&self, (width, height): (u32, u32)) -> Window {
        let window = self.connection.generate_id().unwrap();
        let look = CreateWindowAux::new()
            .background_pixel(0x40_40_40)
            .event_mask(EventMask::KEY_PRESS);
        self.connection
            .create_window(
                0,
                window,
                self.root,
                0,
                0,
                width as u16,
                height as u16,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &look,
            )
            .unwrap();
        self.settle();
        window
    }

    fn settle(&self) {
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }

    fn map(&self, window: Window) {
        self.connection.map_window(window).unwrap();
        self.settle();
    }

    fn unmap(&self, window: Window) {
        self.connection.unmap_window(window).unwrap();
        self.settle();
    }

    fn resize(&self, window: Window, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.connection.configure_window(window, &size).unwrap();
        self.settle();
    }

    fn close(&self, window: Window) {
        self.connection.destroy_window(window).unwrap();
        self.settle();
    }

    /// How many colours are to be seen in a part of a window, at its end.
    fn colours(&self, window: Window) -> usize {
        let size = self.connection.get_geometry(window).unwrap();
        let size = size.reply().unwrap();
        let image = self
            .connection
            .get_image(
                ImageFormat::Z_PIXMAP,
                window,
                0,
                0,
                size.width,
                size.height,
                u32::MAX,
            )
            .unwrap()
            .reply();
        let Ok(image) = image else { return 0 };
        let colours: HashSet<&[u8]> = image.data.chunks_exact(4).collect();
        colours.len()
    }

    fn drawn(&self, window: Window, what: &str) {
        wait(what, || self.colours(window) > COLOURS);
    }

    /// What the desktop says of the screen.
    fn set_dots(&self, dots: u32) {
        let text = format!("Xft.dpi:\t{dots}\n");
        let (name, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        self.connection
            .change_property8(PropMode::REPLACE, self.root, name, kind, text.as_bytes())
            .unwrap();
        self.settle();
    }
}

fn wait(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn rest(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

fn pointer(window: Window) -> *mut c_void {
    window as usize as *mut c_void
}

/// An instance that counts how often it is drawn.
struct Counting {
    plugin: PluginBackend,
    drawn: AtomicUsize,
    done: Mutex<Vec<Action>>,
}

impl EditorBackend for Counting {
    fn view(&self) -> View {
        self.drawn.fetch_add(1, Ordering::Relaxed);
        self.plugin.view()
    }

    fn perform(&self, action: Action) {
        self.done.lock().push(action.clone());
        self.plugin.perform(action);
    }

    fn let_go(&self) {
        self.plugin.let_go();
    }
}

fn counting() -> (EditorWindow, Arc<Counting>, Arc<Repaint>) {
    let (instance, _player) = Instance::new();
    let repaint = instance.repaint.clone();
    let backend = Arc::new(Counting {
        plugin: PluginBackend::new(instance),
        drawn: AtomicUsize::new(0),
        done: Mutex::default(),
    });
    let editor = Editor::new(backend.clone());
    let window = EditorWindow::with(editor, repaint.clone(), None);
    (window, backend, repaint)
}

fn window() -> EditorWindow {
    counting().0
}

#[test]
#[ignore = "needs an X11 screen"]
fn there_is_a_picture_however_late_the_host_shows_its_window() {
    let screen = Screen::new();
    let window = window();
    for held in [0, 20, 300, 0, 20, 300] {
        let parent = screen.window(window.size());
        window.open(pointer(parent)).unwrap();
        rest(held);
        screen.map(parent);
        screen.drawn(parent, &format!("held for {held} ms"));
        // Minimised, and back.
        screen.unmap(parent);
        rest(100);
        screen.map(parent);
        screen.drawn(parent, "after minimising");
        window.hide();
        wait("hidden", || screen.colours(parent) == 1);
        window.show();
        screen.drawn(parent, "shown again");
        let (width, height) = window.size();
        for (width, height) in [(width + 200, height + 100), (width, height)] {
            screen.resize(parent, width, height);
            assert!(window.set_size(width, height));
            wait("the size", || window.size() == (width, height));
            rest(100);
            screen.drawn(parent, "resized");
        }
        window.close();
        screen.close(parent);
    }
}

#[test]
#[ignore = "needs an X11 screen"]
fn it_is_as_large_as_the_screen_or_the_host_says() {
    let screen = Screen::new();
    for (dots, host, expected) in [
        (96, None, (900, 600)),
        (144, None, (1350, 900)),
        (192, None, (1800, 1200)),
        (96, Some(2.0), (1800, 1200)),
        (192, Some(1.0), (900, 600)),
    ] {
        screen.set_dots(dots);
        let window = window();
        if let Some(scale) = host {
            assert!(window.set_scale(scale));
        }
        assert_eq!(window.size(), expected, "{dots}, {host:?}");
        let (least, most) = window.limits();
        assert_eq!(window.adjust(0, u32::MAX), (least.0, most.1));
        let parent = screen.window(window.size());
        screen.map(parent);
        window.open(pointer(parent)).unwrap();
        assert_eq!(window.size(), expected);
        screen.drawn(parent, "at its size");
        let picture = format!("window-{dots}-{}", host.unwrap_or(0.0));
        take_picture(parent, &picture);
        // The size stays when it is opened again, the scale too.
        window.set_size(expected.0 + 100, expected.1);
        window.close();
        assert_eq!(window.size(), (expected.0 + 100, expected.1));
        screen.close(parent);
    }
    screen.set_dots(96);
}

fn take_picture(window: Window, name: &str) {
    if let Some(folder) = std::env::var_os("GRIDLEAK_PICTURES") {
        let file = std::path::Path::new(&folder).join(format!("{name}.png"));
        let window = format!("{window:#x}");
        let mut import = Command::new("import");
        let taken = import.args(["-window", &window]).arg(file).status();
        assert!(taken.unwrap().success());
    }
}

#[test]
#[ignore = "needs an X11 screen"]
fn it_draws_fast_while_something_moves_and_not_at_all_while_nothing_does() {
    let screen = Screen::new();
    let (window, backend, repaint) = counting();
    let parent = screen.window(window.size());
    screen.map(parent);
    window.open(pointer(parent)).unwrap();
    screen.drawn(parent, "at first");
    wait("rest", || {
        let before = backend.drawn.load(Ordering::Relaxed);
        rest(700);
        backend.drawn.load(Ordering::Relaxed) == before
    });
    let count = |moves: bool| {
        let before = backend.drawn.load(Ordering::Relaxed);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(1) {
            if moves {
                repaint.request();
            }
            rest(1);
        }
        backend.drawn.load(Ordering::Relaxed) - before
    };
    let (moving, resting) = (count(true), count(false));
    eprintln!("{moving} pictures a second");
    // No more than a screen shows, and far more than a clock would need.
    assert!((5..=62).contains(&moving), "{moving}");
    // The last wish may be drawn late.
    assert!(resting <= 1, "{resting}");
    window.close();
    assert!(!repaint.is_open());
}

/// Threads and files of this process.
fn held() -> (usize, usize) {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
#[ignore = "needs an X11 screen"]
fn opening_it_often_leaves_nothing_behind() {
    let screen = Screen::new();
    let window = window();
    let mut before = None;
    for round in 0..40 {
        let parent = screen.window(window.size());
        screen.map(parent);
        window.open(pointer(parent)).unwrap();
        rest([0, 5, 50, 150][round % 4]);
        // Some hosts close their own window first.
        if round % 3 == 0 {
            screen.close(parent);
            window.close();
        } else {
            window.close();
            screen.close(parent);
        }
        assert!(!window.is_open());
        if round == 10 {
            before = Some(held());
        }
    }
    let (threads, files) = before.unwrap();
    let after = held();
    assert!(after.0 <= threads && after.1 <= files + 1, "{after:?}");
}

/// Says to the process that is to end how it should.
const ENDS: &str = "GRIDLEAK_TEST_ENDS";

#[test]
#[ignore = "needs an X11 screen"]
fn hosts_end_with_the_window_open_or_just_closed() {
    let runs = std::env::var("GRIDLEAK_RUNS").map_or(5, |runs| runs.parse().unwrap());
    for run in 0..runs {
        for how in ["open", "closed", "at once"] {
            let test = "host::native_window::tests::a_host_that_ends";
            let ended = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test, "--ignored", "--test-threads=1"])
                .env(ENDS, how)
                .output()
                .unwrap();
            assert!(ended.status.success(), "{how}, {run}: {ended:?}");
        }
    }
}

#[test]
#[ignore = "a part of the test above"]
fn a_host_that_ends() {
    let Ok(how) = std::env::var(ENDS) else { return };
    let screen = Screen::new();
    let window = window();
    let repaint = window.shared.repaint.clone();
    let parent = screen.window(window.size());
    screen.map(parent);
    window.open(pointer(parent)).unwrap();
    if how != "at once" {
        screen.drawn(parent, "at first");
    }
    std::thread::spawn(move || {
        loop {
            repaint.request();
            rest(1);
        }
    });
    rest(30);
    if how == "closed" {
        window.close();
    }
    std::process::exit(0);
}

fn keys(what: &[&str]) {
    let done = Command::new("xdotool").args(what).status();
    assert!(done.expect("xdotool").success(), "{what:?}");
}

#[test]
#[ignore = "needs an X11 screen, xdotool and setxkbmap"]
fn the_keyboard_writes_in_the_layout_of_the_moment_and_space_is_the_hosts() {
    let screen = Screen::new();
    let layout = |name: &str| {
        let set = Command::new("setxkbmap").args(["-layout", name]).status();
        assert!(set.expect("setxkbmap").success());
    };
    layout("us");
    let window = window();
    let parent = screen.window(window.size());
    screen.map(parent);
    window.open(pointer(parent)).unwrap();
    screen.drawn(parent, "at first");
    let id = parent.to_string();
    keys(&["mousemove", "--window", &id, "300", "100", "click", "1"]);
    rest(200);
    let heard = || {
        let mut heard = Vec::new();
        while let Some(event) = screen.connection.poll_for_event().unwrap() {
            if let Event::KeyPress(key) = event {
                assert_eq!(key.event, parent);
                heard.push(key.detail);
            }
        }
        heard
    };
    keys(&["key", "--clearmodifiers", "space"]);
    let mut got = Vec::new();
    wait("the space bar", || {
        got.extend(heard());
        !got.is_empty()
    });
    assert_eq!(got, [65]);
    // The browser's search is a text; Ctrl+F goes there.
    keys(&["key", "ctrl+f"]);
    rest(300);
    layout("de");
    // Where a US keyboard has a Y. By its number, for xdotool would change the layout for a letter.
    keys(&["key", "29"]);
    keys(&["key", "space"]);
    rest(300);
    assert!(heard().is_empty(), "both are in the text");
    // Copied and pasted behind itself.
    keys(&["key", "ctrl+a", "ctrl+c"]);
    rest(300);
    let mut clipboard = arboard::Clipboard::new().unwrap();
    assert_eq!(clipboard.get_text().unwrap(), "z ");
    keys(&["key", "End", "ctrl+v"]);
    rest(500);
    keys(&["key", "ctrl+a", "ctrl+x"]);
    rest(300);
    assert_eq!(clipboard.get_text().unwrap(), "z z ");
    layout("us");
    window.close();
}

/// A file manager that a file is dragged from.
struct Dragging<'a> {
    screen: &'a Screen,
    source: Window,
    target: Window,
}

impl Dragging<'_> {
    fn atom(&self, name: &str) -> Atom {
        let asked = self.screen.connection.intern_atom(false, name.as_bytes());
        asked.unwrap().reply().unwrap().atom
    }

    fn send(&self, name: &str, rest: [u32; 4]) {
        let [a, b, c, d] = rest;
        let data = [self.source, a, b, c, d];
        let message = ClientMessageEvent::new(32, self.target, self.atom(name), data);
        let connection = &self.screen.connection;
        connection
            .send_event(false, self.target, EventMask::NO_EVENT, message)
            .unwrap();
        self.screen.settle();
    }

    /// Waits for a message of the window, and hands out the file when it asks for it.
    fn wait_for(&self, name: &str, file: &str) {
        let wanted = self.atom(name);
        wait(name, || {
            let connection = &self.screen.connection;
            match connection.poll_for_event().unwrap() {
                Some(Event::ClientMessage(message)) => message.type_ == wanted,
                Some(Event::SelectionRequest(asked)) => {
                    let list = self.atom("text/uri-list");
                    let text = format!("file://{file}\r\n");
                    connection
                        .change_property8(
                            PropMode::REPLACE,
                            asked.requestor,
                            asked.property,
                            list,
                            text.as_bytes(),
                        )
                        .unwrap();
                    let answer = SelectionNotifyEvent {
                        response_type: SELECTION_NOTIFY_EVENT,
                        sequence: 0,
                        time: asked.time,
                        requestor: asked.requestor,
                        selection: asked.selection,
                        target: asked.target,
                        property: asked.property,
                    };
                    connection
                        .send_event(false, asked.requestor, EventMask::NO_EVENT, answer)
                        .unwrap();
                    self.screen.settle();
                    false
                }
                _ => false,
            }
        });
    }
}

#[test]
#[ignore = "needs an X11 screen"]
fn a_file_that_is_dragged_over_it_is_shown_and_loaded_when_it_is_dropped() {
    let screen = Screen::new();
    let (window, backend, _repaint) = counting();
    let parent = screen.window(window.size());
    screen.map(parent);
    window.open(pointer(parent)).unwrap();
    screen.drawn(parent, "at first");
    let tree = screen.connection.query_tree(parent).unwrap();
    let drag = Dragging {
        source: screen.window((1, 1)),
        target: tree.reply().unwrap().children[0],
        screen: &screen,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .canonicalize()
        .unwrap()
        .join("Tight drive.nam");
    std::fs::write(&path, "{}").unwrap();
    let file = &path.to_str().unwrap().replace(' ', "%20");
    screen
        .connection
        .set_selection_owner(drag.source, drag.atom("XdndSelection"), 0u32)
        .unwrap();
    drag.send("XdndEnter", [5 << 24, drag.atom("text/uri-list"), 0, 0]);
    // Over the pedal, wherever the window manager has put the window.
    let place = screen
        .connection
        .translate_coordinates(parent, screen.root, 300, 259);
    let place = place.unwrap().reply().unwrap();
    let at = (place.dst_x as u32) << 16 | place.dst_y as u32;
    let copy = drag.atom("XdndActionCopy");
    for _ in 0..3 {
        drag.send("XdndPosition", [0, at, 0, copy]);
        drag.wait_for("XdndStatus", file);
        rest(100);
    }
    take_picture(parent, "window-dragged");
    drag.send("XdndDrop", [0, 0, 0, 0]);
    drag.wait_for("XdndFinished", file);
    let opened = Action::Open(Part::PEDAL, Origin::File(path));
    wait("loaded", || backend.done.lock().contains(&opened));
    window.close();
}
