"""In dawdreamer, what is saved restores parameters, capture and sound."""

import dawdreamer
import numpy as np

from support import FOLDER, VST3, phrase, same

sound = phrase(1.0)
frames = sound.shape[1]


def session():
    engine = dawdreamer.RenderEngine(48_000, 512)
    plugin = engine.make_plugin_processor("gridleak", VST3)
    player = engine.make_playback_processor("player", sound)
    engine.load_graph([(player, []), (plugin, ["player"])])
    return engine, plugin


def play(engine):
    engine.render(frames / 48_000)
    return engine.get_audio()


engine, plugin = session()
for parameter in plugin.get_parameters_description():
    print(parameter["index"], parameter["name"], parameter["label"])
named = {p["name"]: p["index"] for p in plugin.get_parameters_description()}
plugin.set_parameter(named["Input"], 0.6)
plugin.set_parameter(named["Output"], 0.45)
# The first time, the gains are still on their way there.
play(engine)
wanted = play(engine)
path = str(FOLDER / "state")
plugin.save_state(path)

other_engine, other = session()
assert abs(other.get_parameter(named["Input"]) - 0.5) < 1e-6
other.load_state(path)
assert abs(other.get_parameter(named["Input"]) - 0.6) < 1e-6
assert abs(other.get_parameter(named["Output"]) - 0.45) < 1e-6
same("restored", play(other_engine), wanted)

# Twenty sessions at a time, which all go when the process ends.
many = [session() for _ in range(20)]
for engine, plugin in many:
    plugin.load_state(path)
for engine, plugin in many:
    same("one of twenty", play(engine), wanted)
assert np.all(np.isfinite(wanted))
