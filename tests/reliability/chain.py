"What is interrupted: photos prepared, a network trained, a prior fitted, all exported, each going on where it was."
import multiprocessing
import os
import signal
import sys
from functools import partial
from pathlib import Path

import torch
import torch.onnx
from conftest import picture

from car_vae import flow, stages, train
from car_vae.cli import main
from car_vae.data import image_store
from car_vae.export import export_onnx
from car_vae.files import write_atomically
from car_vae.run import Recipe, read_tensors

SIZE, PHOTOS, EPOCHS, STEPS = 32, 30, 6, 40
RECIPE = Recipe.sharp(size=SIZE, width=8, bs=4, epochs=EPOCHS)
STAGES = 'preparing', 'training', 'checkpointing', 'fitting a prior', 'exporting'
RESULTS = ('run/model.safetensors', 'run/latents.safetensors', 'run/history.csv', 'run/prior.safetensors',
           'web/encoder.onnx', 'web/decoder.onnx')


def take_photos(folder):
    "Pictures to train on."
    folder.mkdir()
    for i in range(PHOTOS): picture(i, (40, 40)).save(folder/f'{i}.png')


def servant():
    "A context whose processes have PyTorch in memory when they begin."
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['chain', 'car_vae.evaluate'])
    return context


def telling(tell, meanwhile):
    "`write_atomically` that tells when it writes a checkpoint."
    def write(path, fill):
        if Path(path).suffix != '.pt': return write_atomically(path, fill)
        tell('checkpointing')
        write_atomically(path, fill)
        tell(meanwhile)
    return write


def chain(photos, folder, tell=lambda stage: None):
    "All of it, as often as it takes; a checkpoint after every step. It tells which stage begins."
    sys.stdout = sys.stderr = open(os.devnull, 'w')
    torch.set_num_threads(1)
    os.environ['CAR_VAE_CACHE'] = str(folder/'cache')
    train.write_atomically, stages.write_atomically = telling(tell, 'training'), telling(tell, 'fitting a prior')
    tell('preparing')
    image_store(photos, SIZE)
    tell('training')
    run = train.load_or_train(photos, RECIPE, folder/'run', device='cpu', every=0, quiet=True)
    flow.stage = partial(flow.stage, every=0)
    tell('fitting a prior')
    if not run.has_prior: flow.fit_flow(run, steps=STEPS, width=16, depth=1, bs=8, device='cpu')
    tell('exporting')
    export_onnx(run, folder/'web')


def command_line(folder, said, *words):
    "The command line in a process that may be interrupted; what it says goes into two files."
    sys.stdout, sys.stderr = open(f'{said}.out', 'w', buffering=1), open(f'{said}.err', 'w', buffering=1)
    signal.signal(signal.SIGINT, signal.default_int_handler) # a process in the background may ignore Ctrl+C
    torch.set_num_threads(1)
    os.environ['CAR_VAE_CACHE'] = str(folder.parent/'cache')
    os.chdir(folder)
    main([*words])


def results(folder):
    "The contents of all that has to be the same in the end."
    return {o: contents(Path(folder, o)) for o in RESULTS}


def contents(file):
    "Bytes; of tensors those of each, and what is said of them (whose order in the file is by chance)."
    if file.suffix != '.safetensors': return file.read_bytes()
    tensors, meta = read_tensors(file)
    return {k: o.numpy().tobytes() for k, o in tensors.items()}, meta
