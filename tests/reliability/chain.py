"What is interrupted: photos prepared, a network trained, a prior fitted, all exported, each going on where it was."
import os
import sys
from functools import partial
from pathlib import Path

import torch
import torch.onnx
from conftest import picture

from car_vae import flow
from car_vae.export import export_onnx
from car_vae.run import Recipe, read_tensors
from car_vae.train import load_or_train

SIZE, PHOTOS, EPOCHS, STEPS = 32, 30, 6, 40
RECIPE = Recipe.sharp(size=SIZE, width=8, bs=4, epochs=EPOCHS)
RESULTS = ('run/model.safetensors', 'run/latents.safetensors', 'run/history.csv', 'run/prior.safetensors',
           'web/encoder.onnx', 'web/decoder.onnx')


def take_photos(folder):
    "Pictures to train on."
    folder.mkdir()
    for i in range(PHOTOS): picture(i, (40, 40)).save(folder/f'{i}.png')


def chain(photos, folder):
    "All of it, as often as it takes; a checkpoint after every step."
    sys.stdout = sys.stderr = open(os.devnull, 'w')
    torch.set_num_threads(1)
    os.environ['CAR_VAE_CACHE'] = str(folder/'cache')
    run = load_or_train(photos, RECIPE, folder/'run', device='cpu', every=0, quiet=True)
    flow.stage = partial(flow.stage, every=0)
    if not run.has_prior: flow.fit_flow(run, steps=STEPS, width=16, depth=1, bs=8, device='cpu')
    export_onnx(run, folder/'web')


def results(folder):
    "The contents of all that has to be the same in the end."
    return {o: contents(Path(folder, o)) for o in RESULTS}


def contents(file):
    "Bytes; of tensors those of each, and what is said of them (whose order in the file is by chance)."
    if file.suffix != '.safetensors': return file.read_bytes()
    tensors, meta = read_tensors(file)
    return {k: o.numpy().tobytes() for k, o in tensors.items()}, meta
