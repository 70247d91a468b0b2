"""In dawdreamer, the editor shows."""

import os
import threading
import time

import dawdreamer

from support import VST3, screenshot

engine = dawdreamer.RenderEngine(48_000, 512)
plugin = engine.make_plugin_processor("gridleak", VST3)


def look():
    # There is no way to close this window but to end the process.
    code = 1
    try:
        time.sleep(4)
        screenshot("vst3-dawdreamer")
        code = 0
    finally:
        os._exit(code)


threading.Thread(target=look).start()
plugin.open_editor()
