//! An X11 screen, with windows for editors to live in.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt, CreateWindowAux, ImageFormat, PropMode, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The screen that the environment names.
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let (connection, screen) = x11rb::connect(None).expect("a screen");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    /// Opens an empty window of a size in pixels.
    pub(crate) fn open(&self, title: &str, width: u32, height: u32) -> Window {
        let window = self.connection.generate_id().expect("an id");
        let grey = CreateWindowAux::new().background_pixel(0x40_40_40);
        self.connection
            .create_window(
                0,
                window,
                self.root,
                10,
                10,
                width as u16,
                height as u16,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &grey,
            )
            .expect("a window");
        let (name, text) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        self.connection
            .change_property8(PropMode::REPLACE, window, name, text, title.as_bytes())
            .expect("a title");
        self.connection
            .map_window(window)
            .expect("a visible window");
        self.settle();
        window
    }

    /// Gives a window a size in pixels.
    pub(crate) fn resize(&self, window: Window, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.connection
            .configure_window(window, &size)
            .expect("another size");
        self.settle();
    }

    /// Has the mouse go to a place in a window.
    pub(crate) fn move_mouse(&self, window: Window, (x, y): (i32, i32)) {
        let place = (x as i16, y as i16);
        let moved = self
            .connection
            .warp_pointer(0u32, window, 0, 0, 0, 0, place.0, place.1);
        moved.expect("a mouse");
        self.settle();
    }

    pub(crate) fn close(&self, window: Window) {
        self.connection.destroy_window(window).expect("no window");
        self.settle();
    }

    /// Has the server do all that was asked. An editor speaks to it through a connection of its own
    /// and would find the window missing otherwise.
    fn settle(&self) {
        let reply = self.connection.get_input_focus().expect("a question");
        reply.reply().expect("an answer");
    }

    /// How many colours a window shows, those of what lives in it included; none while it is not
    /// all to be seen.
    pub(crate) fn colours(&self, window: Window) -> usize {
        let size = self.connection.get_geometry(window).expect("a question");
        let size = size.reply().expect("a size");
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
            .expect("a question")
            .reply();
        let Ok(image) = image else { return 0 };
        let mut colours: Vec<&[u8]> = image.data.chunks_exact(4).collect();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }
}
