"""In dawdreamer, the plugin plays what `gridleak render` plays, and is automated to the sample."""

import dawdreamer
import numpy as np

from support import FOLDER, RATES, VST3, Preset, phrase, rendered, same, transparent

# A second for what is late.
SECONDS = 3.0


class Session:
    """The plugin behind a player of one sound."""

    def __init__(self, sound, rate, block, capture):
        self.engine = dawdreamer.RenderEngine(rate, block)
        self.plugin = self.engine.make_plugin_processor("gridleak", VST3)
        self.restore(capture)
        player = self.engine.make_playback_processor("player", sound)
        self.engine.load_graph([(player, []), (self.plugin, ["player"])])

    def restore(self, capture):
        state = FOLDER / "state.vstpreset"
        state.write_bytes(PRESET.playing(capture))
        assert self.plugin.load_vst3_preset(str(state))

    def play(self, frames, rate):
        """So many frames, without the plugin's latency."""
        late = self.plugin.get_latency_samples()
        self.engine.render((frames + late) / rate)
        return self.engine.get_audio()[:, late : late + frames]


def preset():
    """A preset to start from. dawdreamer loads them but does not save any; pedalboard does."""
    from pedalboard import load_plugin

    return Preset(load_plugin(VST3).preset_data)


PRESET = preset()
sound = phrase(SECONDS)
frames = sound.shape[1]

for rate in RATES:
    session = Session(sound, rate, 512, "builtin:lead")
    played = session.play(frames, rate)
    print(f"{rate} Hz: {session.plugin.get_latency_samples()} samples late")
    same(f"{rate} Hz", played, rendered("builtin:lead", sound, rate))

wanted = rendered("builtin:crunch", sound, 48_000)
for block in [16, 64, 100, 2_048]:
    session = Session(sound, 48_000, block, "builtin:crunch")
    same(f"blocks of {block}", session.play(frames, 48_000), wanted)

# Another capture in a session that has played already.
session.restore("builtin:clean")
same("restored", session.play(frames, 48_000), rendered("builtin:clean", sound, 48_000))

# A gain that steps down at a sample: nothing moves before, and 20 ms later all of it has moved.
# dawdreamer sets a parameter once for each block, so those have one frame here.
for step in [4_800, 4_801, 5_000, 7_777]:
    session = Session(np.full((2, 24_000), 0.25, np.float32), 48_000, 1, transparent())
    plugin = session.plugin
    names = {p["name"]: p["index"] for p in plugin.get_parameters_description()}
    gain = np.full(24_000, 0.5, np.float32)
    gain[step:] = (-6.0 + 40.0) / 80.0
    assert plugin.set_automation(names["Output"], gain)
    played = session.play(24_000, 48_000) / np.float32(0.25)
    moved = int(np.argmax(played[0] != 1.0))
    print(f"a step at {step} is heard at {moved}")
    assert moved == step
    arrived = played[:, step + 960 :] / 10 ** (-6.0 / 20)
    assert np.max(np.abs(arrived - 1.0)) < 1e-5, np.max(np.abs(arrived - 1.0))
