"""In pedalboard, the editor shows; it opens and closes while the plugin plays and is automated."""

import ctypes
import gc
import os
import threading
import time

from pedalboard import load_plugin

from support import VST3, Preset, phrase, screenshot

# pedalboard's own windows make errors that end the process unless somebody takes them
# (github.com/spotify/pedalboard, issue 444).
x11 = ctypes.CDLL("libX11.so.6")
handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: 0)
x11.XInitThreads()
x11.XSetErrorHandler(handler)

plugin = load_plugin(VST3)
preset = Preset(plugin.preset_data)
sound = phrase(0.01)
plugin.process(sound, 48_000, buffer_size=128, reset=False)


def show(seconds, meanwhile=lambda: None):
    """Shows the editor for a while."""
    close = threading.Event()
    failures = []

    def end():
        time.sleep(seconds)
        try:
            meanwhile()
        except Exception as failure:
            failures.append(failure)
        close.set()

    thread = threading.Thread(target=end)
    thread.start()
    plugin.show_editor(close)
    thread.join()
    x11.XSetErrorHandler(handler)
    assert not failures, failures


show(3.0, lambda: screenshot("vst3-pedalboard"))

stop = threading.Event()


def play():
    count = 0
    while not stop.is_set():
        count += 1
        plugin.input_db = float(count % 40 - 20)
        plugin.process(sound, 48_000, buffer_size=64, reset=False)
        time.sleep(0.001)


other = load_plugin(VST3)
thread = threading.Thread(target=play)
thread.start()
for turn in range(50):
    show([0.05, 0.3][turn % 2])
    other.preset_data = preset.playing(f"builtin:{['lead', 'clean'][turn % 2]}")
stop.set()
thread.join()
print("open files:", len(os.listdir("/proc/self/fd")), flush=True)

del plugin
gc.collect()
other.process(sound, 48_000)
del other
gc.collect()
print("gone", flush=True)
