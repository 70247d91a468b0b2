"""Plays the built-in phrase on the synthetic guitar: make_phrase.py OUT.wav

A riff with palm mutes, four chords and a lead line over 14 seconds in E minor; mono, 48 kHz,
16 bits with triangular dither. Needs numpy and scipy; the same numbers come out each time.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.io import wavfile

sys.path.insert(0, str(Path(__file__).parent / "training"))
from signals import SR, frequency, noise_floor, pickup, pluck

SECONDS = 14.0
BEAT = 60 / 120
PEAK_DB = -6
E2, G2, A2, B2, C3, D3, E3 = 40, 43, 45, 47, 48, 50, 52


def power(root):
    return [root, root + 7, root + 12]


def phrase():
    """(beat, notes, beats it rings, level, way of playing) from the first beat to the last."""
    played = []
    # Two bars of riff: muted eighths on the low string between power chords.
    for bar in (0, 4):
        for eighth in (0, 1, 3, 4, 6):
            played.append((bar + eighth / 2, [E2, E2 + 7], 0.45, 0.8, "muted"))
        played.append((bar + 1.0, power(G2), 0.5, 0.9, "picked"))
        played.append((bar + 2.5, power(A2 if bar == 0 else D3), 0.5, 0.9, "picked"))
        played.append((bar + 3.5, power(G2 if bar == 0 else B2), 0.5, 0.8, "picked"))
    # Two bars of open chords, strummed down, the last two harder.
    for beat, chord, level in (
        (8, [E2, B2, E3, 55, 59, 64], 0.45),
        (10, [C3, E3, 55, 60, 64], 0.5),
        (12, [G2, B2, D3, 55, 59, 67], 0.7),
        (14, [D3, 57, 62, 66], 0.8),
    ):
        played.append((beat, chord, 2.1, level, "strummed"))
    # Two bars of lead, high up, over nothing.
    line = (
        (16.0, 71, 0.5), (16.5, 74, 0.5), (17.0, 76, 1.0), (18.0, 79, 0.5), (18.5, 78, 0.25),
        (18.75, 76, 0.25), (19.0, 74, 1.0), (20.0, 76, 0.5), (20.5, 71, 0.5), (21.0, 69, 0.5),
        (21.5, 67, 0.5), (22.0, 69, 0.25), (22.25, 67, 0.25), (22.5, 64, 1.5),
    )
    for beat, note, beats in line:
        played.append((beat, [note], beats * 1.05, 0.65, "lead"))
    # A low chord to end on, left to ring.
    played.append((24.0, power(E2) + [E3 + 3], 3.9, 1.0, "strummed"))
    return played


# Loss per turn of the string, brightness of the pick, delay between strings in seconds.
WAYS = {
    "muted": (0.96, 0.35, 0.003),
    "picked": (0.997, 0.6, 0.004),
    "strummed": (0.9982, 0.5, 0.012),
    "lead": (0.9987, 0.45, 0.0),
}


def main(target):
    rng = np.random.default_rng(2026)
    n = int(SECONDS * SR)
    y = np.zeros(n)
    for beat, notes, beats, level, way in phrase():
        decay, bright, spread = WAYS[way]
        for string, note in enumerate(notes):
            start = int((beat * BEAT + string * spread + rng.uniform(0, 0.003)) * SR)
            cents = rng.normal(0, 2)
            tone = pluck(
                frequency(note) * 2 ** (cents / 1200),
                beats * BEAT,
                rng,
                level * rng.uniform(0.9, 1.0),
                bright * rng.uniform(0.85, 1.15),
                decay,
                rng.uniform(0.1, 0.16),
            )
            end = min(n, start + len(tone))
            y[start:end] += tone[: end - start] / np.sqrt(len(notes))
    y = pickup(y)
    y = y / np.abs(y).max() * 10 ** (PEAK_DB / 20) + noise_floor(n, rng)
    dither = rng.uniform(-0.5, 0.5, n) + rng.uniform(-0.5, 0.5, n)
    wavfile.write(target, SR, np.round(y * 32768 + dither).clip(-32768, 32767).astype(np.int16))


if __name__ == "__main__":
    main(sys.argv[1])
