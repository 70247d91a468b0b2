"""Trains a capture of the synthetic amp: train.py ARCH PRESET MINUTES [THREADS]

ARCH is lstm_LAYERSxSIZE or wn_nano, wn_feather, wn_lite, wn_standard; PRESET is clean, crunch or
lead. Needs `pip install neural-amp-modeler==0.13.0`, the published trainer, which also writes the
.nam file. Results go to runs/ARCH_PRESET/, the training audio to data/. The environment variable
EPOCH_S is the expected time of an epoch in seconds: it sets how fast the learning rate falls.
"""

import os
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytorch_lightning as pl
import torch
from nam.data import np_to_wav
from nam.train import full

import signals

ARCH, PRESET, MINUTES = sys.argv[1], sys.argv[2], float(sys.argv[3])
THREADS = int(sys.argv[4]) if len(sys.argv) > 4 else 1
DATA = Path("data")
RUN = Path(f"runs/{ARCH}_{PRESET}")

STANDARD = [2**i for i in range(10)]
LIGHT = [1, 2, 4, 8, 16, 32, 64], [128, 256, 512, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


def write(path, x):
    """24-bit mono."""
    np_to_wav(np.clip(x, -1, 1), path, rate=signals.SR)


def make_data():
    if (DATA / f"y_val_{PRESET}.wav").exists():
        return
    DATA.mkdir(exist_ok=True)
    for name, x in zip(("train", "val"), signals.train_signal()):
        write(DATA / f"x_{name}.wav", x)
        write(DATA / f"y_{name}_{PRESET}.wav", signals.amp(x, **signals.PRESETS[PRESET]))


def layers(input_size, channels, head, head_bias, dilations):
    return dict(
        input_size=input_size,
        condition_size=1,
        channels=channels,
        head=dict(out_channels=head, kernel_size=1, bias=head_bias),
        kernel_size=3,
        dilations=dilations,
        activation="Tanh",
    )


def wavenet(first, middle, second, dilations1, dilations2):
    return dict(
        layers_configs=[
            layers(1, first, middle, False, dilations1),
            layers(first, second, 1, True, dilations2),
        ],
        head_scale=0.02,
    )


WAVENETS = {
    "wn_nano": wavenet(4, 2, 2, *LIGHT),
    "wn_feather": wavenet(8, 4, 4, *LIGHT),
    "wn_lite": wavenet(12, 6, 6, *LIGHT),
    "wn_standard": wavenet(16, 8, 8, STANDARD, STANDARD),
}


def configs():
    """What the trainer wants to know: data, model, learning."""
    if ARCH.startswith("lstm"):
        num_layers, hidden_size = map(int, ARCH.split("_")[1].split("x"))
        net = dict(name="LSTM", config=dict(num_layers=num_layers, hidden_size=hidden_size))
        loss = dict(val_loss="esr", mask_first=1024)
        ny, batch, rate, epoch = 4096, 32, 0.008, 14
    else:
        net = dict(name="WaveNet", config=WAVENETS[ARCH])
        loss = dict(val_loss="esr")
        ny, batch, rate, epoch = 8192, 16, 0.004, 40
    epochs = max(3, int(MINUTES * 60 / float(os.environ.get("EPOCH_S", epoch))))
    model = dict(
        net=net,
        loss=loss,
        optimizer=dict(lr=rate),
        lr_scheduler={"class": "ExponentialLR", "kwargs": dict(gamma=0.04 ** (1 / epochs))},
    )
    pair = lambda name: dict(
        x_path=str(DATA / f"x_{name}.wav"), y_path=str(DATA / f"y_{name}_{PRESET}.wav")
    )
    data = dict(
        train=dict(ny=ny, **pair("train")),
        validation=dict(ny=None, **pair("val")),
        common=dict(delay=0),
    )
    learning = dict(
        train_dataloader=dict(batch_size=batch, shuffle=True, drop_last=True, num_workers=0),
        val_dataloader={},
        trainer=dict(
            accelerator="cpu",
            devices=1,
            max_epochs=epochs,
            max_time=dict(seconds=MINUTES * 60 * 1.15),
            enable_progress_bar=False,
            enable_model_summary=False,
            logger=False,
        ),
    )
    return data, model, learning


class Log(pl.Callback):
    """Prints the losses after each epoch; the best validation ESR is the capture's."""

    started = time.time()

    def on_validation_epoch_end(self, trainer, module):
        losses = {k: float(f"{float(v):.4g}") for k, v in trainer.callback_metrics.items()}
        print(f"{time.time() - self.started:.0f} s, epoch {trainer.current_epoch}", losses, flush=True)


torch.set_num_threads(THREADS)
pl.seed_everything(0)
make_data()
RUN.mkdir(parents=True, exist_ok=True)
create_callbacks = full._create_callbacks
full._create_callbacks = lambda *a, **k: create_callbacks(*a, **k) + [Log()]
full.main(*configs(), RUN, no_show=True, make_plots=False)
