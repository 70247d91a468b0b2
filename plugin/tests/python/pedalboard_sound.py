"""In pedalboard, the plugin plays what `gridleak render` plays, from the first sample on."""

import numpy as np
from pedalboard import load_plugin

from support import RATES, VST3, Preset, fixture, phrase, rendered, same


def playing(capture):
    plugin = load_plugin(VST3)
    plugin.preset_data = Preset(plugin.preset_data).playing(capture)
    return plugin


sound = phrase()

# A fresh instance each time, so that its capture is still on its way when it has to play.
for capture in ["builtin:crunch", "builtin:lead", fixture("wn_nano"), fixture("lstm_2x16")]:
    played = playing(capture).process(sound, 48_000)
    same(f"{capture}", played, rendered(capture, sound, 48_000))

for rate in RATES:
    plugin = playing("builtin:lead")
    played = plugin.process(sound, rate)
    print(f"{rate} Hz: {plugin.reported_latency_samples} samples late")
    same(f"{rate} Hz", played, rendered("builtin:lead", sound, rate))

wanted = rendered("builtin:clean", sound, 48_000)
for block in [1, 31, 64, 100, 4_096, 192_000]:
    few = sound[:, :4_800] if block == 1 else sound
    played = playing("builtin:clean").process(few, 48_000, buffer_size=block)
    same(f"blocks of {block}", played, wanted[:, : few.shape[1]])

# Mono: the left side alone.
left = sound[:1]
played = playing("builtin:lead").process(left, 48_000)
same("mono", played, rendered("builtin:lead", left, 48_000))

# One instance after another capture, another rate, and back.
plugin = playing("builtin:lead")
preset = Preset(plugin.preset_data)
for capture, rate in [("builtin:clean", 44_100), ("builtin:lead", 96_000), ("builtin:crunch", 48_000)]:
    plugin.preset_data = preset.playing(capture)
    played = plugin.process(sound, rate)
    same(f"then {capture} at {rate} Hz", played, rendered(capture, sound, rate))

assert np.all(np.isfinite(played))
