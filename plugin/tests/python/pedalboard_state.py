"""In pedalboard, what is saved restores parameters, capture and sound."""

from pedalboard import load_plugin

from support import VST3, Preset, phrase, same, transparent

sound = phrase(1.0)
plugin = load_plugin(VST3)
print({name: parameter.range for name, parameter in plugin.parameters.items()})
plugin.preset_data = Preset(plugin.preset_data).playing("builtin:clean")
plugin.input_db = -6.5
plugin.output_db = 3.5
plugin.input_source = "Left"
# A value reaches the plugin with the next block, and the gain is there 20 ms later.
plugin.process(sound, 48_000)
wanted = plugin.process(sound, 48_000)
saved = Preset(plugin.preset_data)
assert saved.capture()["builtin"] == "clean", saved.capture()

for restore in ["preset_data", "raw_state"]:
    other = load_plugin(VST3)
    setattr(other, restore, getattr(plugin, restore))
    same(restore, other.process(sound, 48_000), wanted)
    assert Preset(other.preset_data).state() == saved.state()
# After a preset, pedalboard itself still shows what was set before; after this it does not.
assert abs(other.input_db + 6.5) < 1e-3, other.input_db
assert abs(other.output_db - 3.5) < 1e-3, other.output_db
assert other.input_source == "Left", other.input_source

# Bypassed, it gives back what comes in.
plugin.bypass = True
played = plugin.process(sound, 48_000)
same("bypass", played[:, 4_800:], sound[:, 4_800:])

# Its gains are what they say. pedalboard rounds what it is given.
plugin = load_plugin(VST3)
plugin.preset_data = Preset(plugin.preset_data).playing(transparent())
for name, key in [("input_db", "input"), ("output_db", "output")]:
    for wanted in [-20.0, -0.5, 12.0, 0.0]:
        setattr(plugin, name, wanted)
        plugin.process(sound, 48_000)
        played = plugin.process(sound, 48_000)
        gain = Preset(plugin.preset_data).state()["settings"][key]
        assert abs(gain - wanted) < 0.051, (name, gain)
        same(f"{name} {gain}", played, sound * 10 ** (gain / 20))
