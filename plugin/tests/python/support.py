"""What the scripts share: sounds, captures, states, comparisons.

A script is one test: it ends with exit code 0 if the plugin did what it should. `cargo xtask test`
says in the environment where the bundle and the program are.
"""

import json
import os
import pathlib
import struct
import subprocess
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
VST3 = os.environ["GRIDLEAK_VST3"]
PROGRAM = os.environ["GRIDLEAK_PROGRAM"]
SCREENSHOTS = pathlib.Path(os.environ["GRIDLEAK_SCREENSHOTS"])

# Sample rates of sessions, in Hz.
RATES = [44_100, 48_000, 88_200, 96_000, 192_000]

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="gridleak-"))


def phrase(seconds=4.0):
    """The built-in guitar phrase on the left and, somewhat later, on the right, at 48 kHz."""
    data = (ROOT / "assets/phrase.wav").read_bytes()
    at = data.index(b"data") + 8
    left = np.frombuffer(data[at:], "<i2").astype(np.float32)[: int(seconds * 48_000)] / 32_768
    return np.stack([left, np.roll(left, 4_800) * np.float32(0.5)])


def write_wav(path, channels, rate):
    """Writes a WAV file of 32-bit floats."""
    count = len(channels)
    data = np.ascontiguousarray(channels.T, "<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, count, rate, rate * count * 4, count * 4, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def read_wav(path):
    """Samples of a WAV file of 32-bit floats, as written by the program."""
    data = path.read_bytes()
    channels = struct.unpack("<H", data[data.index(b"fmt ") + 10 :][:2])[0]
    at = data.index(b"data")
    length = struct.unpack("<I", data[at + 4 : at + 8])[0]
    return np.frombuffer(data[at + 8 : at + 8 + length], "<f4").reshape(-1, channels).T


def rendered(capture, channels, rate):
    """What `gridleak render` makes of a sound."""
    source, target = FOLDER / "in.wav", FOLDER / "out.wav"
    write_wav(source, channels, rate)
    command = [PROGRAM, "render", "--capture", str(capture), str(source), str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return read_wav(target)


def transparent():
    """The file of a capture that changes nothing at 48 kHz, and needs no gain either."""
    path = FOLDER / "transparent.nam"
    path.write_text(
        json.dumps(
            {
                "version": "0.5.4",
                "architecture": "Linear",
                "metadata": {"loudness": -18.0},
                "sample_rate": 48_000,
                "config": {"receptive_field": 1, "bias": False},
                "weights": [1.0],
            }
        )
    )
    return path


def fixture(name):
    """The file of a capture that the engine's tests use."""
    return ROOT / "core/tests/fixtures/captures" / f"{name}.nam"


def residue_db(sound, reference):
    """RMS of the difference of two sounds, in dB below that of the second."""
    assert sound.shape == reference.shape, (sound.shape, reference.shape)
    level = np.sqrt(np.mean(np.square(reference, dtype=np.float64)))
    assert level > 1e-4, "a reference that sounds"
    error = np.sqrt(np.mean(np.square(sound.astype(np.float64) - reference)))
    return 20 * np.log10(max(error, 1e-15) / level)


def same(what, sound, reference, most=-100.0):
    """Asserts that two sounds are the same, but for `most` dB."""
    residue = residue_db(sound, reference)
    print(f"{what}: residue {residue:.1f} dB", flush=True)
    assert residue < most, f"{what}: residue {residue:.1f} dB"


def screenshot(name):
    """Keeps a picture of the screen, and asserts that there is something on it."""
    path = SCREENSHOTS / f"{name}.png"
    subprocess.run(["import", "-window", "root", str(path)], check=True)
    count = subprocess.run(
        ["identify", "-format", "%k", str(path)], check=True, capture_output=True, text=True
    )
    colours = int(count.stdout)
    print(f"{name}: {colours} colours", flush=True)
    # An empty window has hundreds in its frame alone, the editor has thousands.
    assert colours > 1500, f"{name}: {colours} colours"


class Preset:
    """A VST3 preset, the file that hosts exchange."""

    def __init__(self, data):
        assert data[:4] == b"VST3"
        self.head = data[:40]
        at = struct.unpack("<q", data[40:48])[0]
        assert data[at : at + 4] == b"List"
        count = struct.unpack("<i", data[at + 4 : at + 8])[0]
        self.chunks = []
        for n in range(count):
            name, start, size = struct.unpack("<4sqq", data[at + 8 + 20 * n :][:20])
            self.chunks.append((name, data[start : start + size]))

    def state(self):
        """The plugin's state."""
        return json.loads(dict(self.chunks)[b"Comp"])

    def capture(self):
        """The reference to the capture in it."""
        return self.state()["slots"][0]["capture"]

    def playing(self, capture):
        """The preset as a file, with another capture: `builtin:` and a name, or a path. Nothing is around
        it."""
        state, capture = self.state(), str(capture)
        name = capture.removeprefix("builtin:")
        reference = {"path": capture} if name == capture else {"builtin": name}
        state["slots"][0]["capture"] = {"version": 1, **reference}
        for setting in ["gate", "tone", "cab", "dc_blocker"]:
            state["settings"][setting] = False
        return self.with_state(state)

    def with_state(self, state):
        """The preset as a file, with another state of the plugin's."""
        body, entries, at = b"", b"", 48
        for name, data in self.chunks:
            if name == b"Comp":
                data = json.dumps(state).encode()
            entries += struct.pack("<4sqq", name, at + len(body), len(data))
            body += data
        head = self.head + struct.pack("<q", at + len(body))
        return head + body + b"List" + struct.pack("<i", len(self.chunks)) + entries
