"""A synthetic dry guitar and a synthetic amp at 48 kHz; needs numpy and scipy only."""

import numpy as np
from scipy.signal import butter, lfilter, resample_poly, sosfilt

SR = 48000

# Settings of the amp below.
PRESETS = {
    "clean": dict(drive_db=6, asym=0.15, drive2_db=-2, tone=(2, -3, 3), level=0.6),
    "crunch": dict(drive_db=22, asym=0.25, drive2_db=8, tone=(0, -2, 2), level=0.45),
    "lead": dict(drive_db=38, asym=0.3, drive2_db=16, tone=(1, 2, 0), level=0.35),
}


def frequency(note):
    """Frequency in Hz of a MIDI note number."""
    return 440 * 2 ** ((note - 69) / 12)


def pluck(f0, duration, rng, amplitude=0.5, bright=0.5, decay=0.996, pick=0.13):
    """A plucked string (Karplus-Strong): noise, damped and combed by where the pick hits, runs
    around a delay line of fractional length that loses a little at every turn."""
    n = int(duration * SR)
    period = SR / f0 - 0.5
    whole = int(period)
    part = period - whole
    excitation = rng.uniform(-1, 1, whole + 1)
    excitation = lfilter([bright], [1, -(1 - bright)], excitation)
    excitation -= excitation.mean()
    excitation = excitation - np.roll(excitation, max(1, int(pick * whole)))
    x = np.zeros(n)
    x[: len(excitation)] = excitation[:n]
    # Two-point average and linear interpolation, folded into one feedback.
    feedback = np.zeros(whole + 3)
    feedback[0] = 1
    feedback[whole : whole + 3] -= decay * np.convolve([0.5, 0.5], [1 - part, part])
    y = lfilter([1.0], feedback, x)
    y *= np.minimum(1, (duration - np.arange(n) / SR) / 0.01).clip(0)
    peak = np.abs(y).max()
    return amplitude * y / peak if peak > 0 else y


def pickup(x, fc=3800, q=2.0):
    """Pickup and cable: a resonant low-pass of second order."""
    w = 2 * np.pi * fc / SR
    al = np.sin(w) / (2 * q)
    c = np.cos(w)
    b = np.array([(1 - c) / 2, 1 - c, (1 - c) / 2])
    a = np.array([1 + al, -2 * c, 1 - al])
    return lfilter(b / a[0], a / a[0], x)


def noise_floor(n, rng):
    """Hiss and mains hum of a guitar lead."""
    return rng.normal(0, 10 ** (-80 / 20), n) + 10 ** (-72 / 20) * np.sin(
        2 * np.pi * 50 * np.arange(n) / SR
    )


def chirp(duration, f1=20, f2=20000, amplitude=0.5):
    """A logarithmic sweep with faded ends."""
    t = np.arange(int(duration * SR)) / SR
    k = np.log(f2 / f1)
    y = amplitude * np.sin(2 * np.pi * f1 * duration / k * (np.exp(t / duration * k) - 1))
    fade = int(0.01 * SR)
    y[:fade] *= np.linspace(0, 1, fade)
    y[-fade:] *= np.linspace(1, 0, fade)
    return y


def di(seconds, seed=0):
    """Random playing at random levels: single notes, power chords, palm mutes, chords, lead."""
    rng = np.random.default_rng(seed)
    n = int(seconds * SR)
    y = np.zeros(n)
    t = 0.0
    while t < seconds - 0.05:
        kind = rng.integers(0, 5)
        level = 10 ** (rng.uniform(-24, -2) / 20)
        if kind == 0:
            notes = [40 + rng.integers(0, 24)]
            duration = rng.uniform(0.15, 1.2)
            decay = 0.997
        elif kind == 1:
            root = 40 + rng.integers(0, 12)
            notes = [root, root + 7, root + 12]
            duration = rng.uniform(0.2, 1.5)
            decay = 0.997
        elif kind == 2:
            root = 40 + rng.integers(0, 8)
            notes = [root, root + 7]
            duration = rng.uniform(0.08, 0.16)
            decay = 0.96
        elif kind == 3:
            root = 45 + rng.integers(0, 12)
            notes = [root, root + 4 + rng.integers(-1, 1), root + 7, root + 12, root + 16]
            duration = rng.uniform(0.6, 2.5)
            decay = 0.9985
        else:
            notes = [64 + rng.integers(0, 20)]
            duration = rng.uniform(0.1, 0.8)
            decay = 0.9985
        for string, note in enumerate(notes):
            start = int((t + 0.008 * string * rng.uniform(0, 1.5)) * SR)
            ring = duration * rng.uniform(1.0, 1.3)
            p = pluck(
                frequency(note) * (1 + rng.normal(0, 0.0015)),
                ring,
                rng,
                1.0,
                rng.uniform(0.15, 0.9),
                decay,
                rng.uniform(0.07, 0.3),
            )
            end = min(n, start + len(p))
            if start < n:
                y[start:end] += level * p[: end - start] / np.sqrt(len(notes))
        t += duration if rng.random() > 0.12 else duration + rng.uniform(0.05, 0.4)
    y = pickup(y) + noise_floor(n, rng)
    return np.clip(y / np.abs(y).max() * 0.9, -1, 1)


def train_signal(seed=1, di_seconds=150):
    """What a capture is trained on (silence, impulses, sweeps at four levels, swelling noise,
    playing) and what it is judged by (12 s of other playing)."""
    silence = lambda s: np.zeros(int(s * SR))
    rng = np.random.default_rng(seed)
    parts = [silence(0.5)]
    for amplitude in (0.9, -0.9, 0.3, -0.3, 0.05):
        impulse = silence(0.1)
        impulse[100] = amplitude
        parts.append(impulse)
    for amplitude in (0.02, 0.1, 0.4, 0.9):
        parts += [chirp(3, amplitude=amplitude), silence(0.1)]
    noise = rng.normal(0, 1, int(4 * SR))
    parts += [pickup(noise) * np.linspace(0, 0.3, len(noise)), silence(0.1)]
    parts.append(di(di_seconds, seed))
    training = np.concatenate(parts)
    validation = np.concatenate([silence(1.0), di(12, seed + 1000)])
    return training.astype(np.float32), validation.astype(np.float32)


def shelf(y, f, gain_db, kind):
    """One band of the tone control: "low" and "high" shelves or a "peak"."""
    A = 10 ** (gain_db / 40)
    w = 2 * np.pi * f / SR
    c, s = np.cos(w), np.sin(w)
    root = s * np.sqrt(2) * np.sqrt(A)
    if kind == "low":
        b = [A * ((A + 1) - (A - 1) * c + root), 2 * A * ((A - 1) - (A + 1) * c), A * ((A + 1) - (A - 1) * c - root)]
        a = [(A + 1) + (A - 1) * c + root, -2 * ((A - 1) + (A + 1) * c), (A + 1) + (A - 1) * c - root]
    elif kind == "high":
        b = [A * ((A + 1) + (A - 1) * c + root), -2 * A * ((A - 1) + (A + 1) * c), A * ((A + 1) + (A - 1) * c - root)]
        a = [(A + 1) - (A - 1) * c + root, 2 * ((A - 1) - (A + 1) * c), (A + 1) - (A - 1) * c - root]
    else:
        al = s / (2 * 0.7)
        b = [1 + al * A, -2 * c, 1 - al * A]
        a = [1 + al / A, -2 * c, 1 - al / A]
    return lfilter(np.array(b) / a[0], np.array(a) / a[0], y)


def amp(x, drive_db, asym, drive2_db, tone, level, oversampling=8):
    """Two stages of gain, the first one lopsided, then a tone control. What distorts runs at
    eight times the rate so that nothing folds back."""
    rate = SR * oversampling
    high_pass = lambda x, f: sosfilt(butter(1, f, "high", fs=rate, output="sos"), x)
    low_pass = lambda x, f, order=1: sosfilt(butter(order, f, "low", fs=rate, output="sos"), x)
    x = resample_poly(x.astype(np.float64), oversampling, 1)
    x = high_pass(x, 120) * 10 ** (drive_db / 20)
    x = np.tanh(x + asym) - np.tanh(asym)
    x = high_pass(low_pass(x, 6500), 40)
    x = low_pass(np.tanh(x * 10 ** (drive2_db / 20)), 9000, 2)
    y = resample_poly(x, 1, oversampling)
    for f, gain_db, kind in zip((150, 650, 2500), tone, ("low", "peak", "high")):
        y = shelf(y, f, gain_db, kind)
    return (level * y).astype(np.float32)
