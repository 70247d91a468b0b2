"""Makes the built-in cabinet: make_cab.py OUT.wav

A closed 4x12 with a dynamic microphone near the edge of the dust cap, put together from the parts
that such a cabinet is made of; mono, 48 kHz, 32-bit float. Needs numpy and scipy; the same numbers
come out each time.

  * The air in the closed box: a second-order high-pass at 75 Hz, and with the microphone's
    proximity a resonance of +3.5 dB at 112 Hz.
  * The box and the cone's edge take away at 400 Hz (-4.5 dB), as such cabinets do.
  * The cone breaks up into modes: peaks and notches from 1.3 to 4.6 kHz, each as narrow as paper
    that is well damped lets it be; with the microphone's presence they lift 2 to 4 kHz.
  * Above 5 kHz the cone is too heavy and only its middle moves: a fall of fifth order, and from
    11 kHz the voice coil's and the microphone's inductance; at 10 kHz it is down by some 35 dB.
  * The next loudspeaker is heard 0.5 ms later (17 cm further), softer and duller, and the floor
    after 3.1 ms.

All filters are causal and of minimum phase, so the sound begins at the first sample. At -18 dB, as
cabinets are played, it is about as loud as a file whose peak is at full scale: it is one.
"""

import sys

import numpy as np
from scipy import signal
from scipy.io import wavfile

SR = 48000
FRAMES = 2400  # 50 ms
FADE = 960  # the last 20 ms

# Hz, dB, quality
PARTS = (
    (112, 3.5, 1.6),
    (400, -4.5, 0.8),
    (1320, 1.5, 3.0),
    (1750, -2.5, 4.0),
    (2350, 5.0, 2.2),
    (2900, -3.0, 7.0),
    (3300, 5.5, 3.0),
    (3900, -4.0, 8.0),
    (4400, 4.0, 5.0),
    (5600, -5.0, 6.0),
    (6700, 4.0, 6.0),
    (8200, -4.0, 5.0),
)


def peak(hz, db, quality):
    """The peaking filter of the Audio EQ Cookbook."""
    a, w = 10 ** (db / 40), 2 * np.pi * hz / SR
    alpha = np.sin(w) / (2 * quality)
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    return b, np.array([1 + alpha / a, -2 * np.cos(w), 1 - alpha / a])


def loudspeaker():
    y = np.zeros(FRAMES)
    y[0] = 1
    y = signal.sosfilt(signal.butter(2, 75, "high", fs=SR, output="sos"), y)
    for part in PARTS:
        y = signal.lfilter(*peak(*part), y)
    y = signal.sosfilt(signal.butter(5, 5100, fs=SR, output="sos"), y)
    return signal.sosfilt(signal.butter(2, 11000, fs=SR, output="sos"), y)


def later(y, ms, db, hz):
    """A reflection: `ms` later, by `db`, without what lies above `hz`."""
    delay = int(round(ms / 1000 * SR))
    dull = signal.sosfilt(signal.butter(1, hz, fs=SR, output="sos"), y)
    return 10 ** (db / 20) * np.concatenate([np.zeros(delay), dull[:-delay]])


def main(target):
    y = loudspeaker()
    y = y + later(y, 0.5, -15, 2500) + later(y, 3.1, -21, 1500)
    y[-FADE:] *= np.cos(np.linspace(0, np.pi / 2, FADE)) ** 2
    wavfile.write(target, SR, (y / np.abs(y).max()).astype(np.float32))


if __name__ == "__main__":
    main(sys.argv[1])
