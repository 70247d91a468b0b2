"""In pedalboard, where there is no OpenGL: the sound goes on, and the parameters say why no window shows."""

import ctypes
import os
import threading
import time

# What Mesa and the loader of drivers are told here leaves them neither EGL nor GLX.
os.environ["__EGL_VENDOR_LIBRARY_FILENAMES"] = "/dev/null"
os.environ["LIBGL_DRIVERS_PATH"] = "/nonexistent"
os.environ["LIBGL_ALWAYS_INDIRECT"] = "1"

from pedalboard import load_plugin

from support import VST3, phrase

# See pedalboard_editor.py.
x11 = ctypes.CDLL("libX11.so.6")
handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: 0)
x11.XInitThreads()
x11.XSetErrorHandler(handler)

plugin = load_plugin(VST3)
sound = phrase(0.01)
blocks = 0
stop = threading.Event()


def report():
    return plugin.parameters["status"].string_value


def play():
    global blocks
    while not stop.is_set():
        plugin.process(sound, 48_000, buffer_size=64, reset=False)
        blocks += 1


plugin.process(sound, 48_000, buffer_size=64, reset=False)
thread = threading.Thread(target=play)
thread.start()
for _ in range(3):
    before = blocks
    close = threading.Event()
    try:
        plugin.show_editor(close)
        raise AssertionError("OpenGL is there all the same")
    except RuntimeError as reason:
        # Then it shows its own list.
        assert "no available editor" in str(reason), reason
    time.sleep(0.2)
    print(report(), blocks - before, flush=True)
    assert report().startswith("No window, OpenGL is missing"), report()
    assert blocks > before, "no sound"
stop.set()
thread.join()
assert abs(plugin.process(phrase(1.0), 48_000)).max() > 1e-3
