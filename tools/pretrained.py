"""Put a finished run of embedded cars into the package: python tools/pretrained.py RUN NAME

Weights are kept as halves, checkpoints and pictures are left out, and how well it reconstructs fresh cars is written
into config.json. All of car_vae/pretrained should stay below 8 MB."""
import shutil
import warnings
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch

from car_vae.ask import has_factors
from car_vae.cars import embedded_cars
from car_vae.data import scale
from car_vae.metrics import psnr
from car_vae.model import reconstruct
from car_vae.run import PRETRAINED, PRIOR, Run, read_tensors, write_json, write_tensors

MODEL = 'model.safetensors'
KEPT = 'trained_on.txt', 'history.csv' # as they are
FRESH, N = 11, 100 # seed and number of cars that no run has seen
MOST_LOST = 0.01 # dB, by halves


def reached(run):
    "Mean PSNR of fresh cars, in dB."
    x = scale(torch.from_numpy(embedded_cars(N, run.prepare.size, FRESH, progress=False)[0]))
    return psnr(reconstruct(run.model(), x), x).mean().item()


def halve(f, to):
    "Write a file of tensors with numbers of 16 bits in place of 32."
    tensors, meta = read_tensors(f)
    write_tensors(to, {k: o.half() if o.dtype == torch.float32 else o for k, o in tensors.items()}, meta)


def halves_of(run, folder):
    "What is needed to use a run, in a new folder."
    folder.mkdir()
    for name in KEPT: shutil.copyfile(run/name, folder/name)
    for name in MODEL, PRIOR:
        if (run/name).exists(): halve(run/name, folder/name)
    write_json(folder/'config.json', run.config)
    return Run(folder)


def pack(run, folder):
    "Put the halves of a run into a new folder; raises `ValueError` for one of other images, or where halves are worse."
    if not has_factors(run): raise ValueError(f'{run} was not trained on embedded cars alone: train one that was.')
    with TemporaryDirectory() as tmp:
        halves = halves_of(run, Path(tmp)/'run')
        before, after = reached(run), reached(halves)
        if not abs(after - before) < MOST_LOST:
            raise ValueError(f'In halves {run} has {after:.3f} dB in place of {before:.3f}: train another.')
        write_json(halves/'config.json', run.config | dict(reached=dict(psnr=after, n=N, seed=FRESH)))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(halves, folder, copy_function=shutil.copyfile)
    return Run(folder)


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('run', help='folder of a finished run of embedded cars')
    parser.add_argument('name', help='what to ask `Run.pretrained` for')
    args = parser.parse_args()
    run = pack(Run(args.run), PRETRAINED / args.name)
    size = sum(f.stat().st_size for f in run.folder.iterdir())
    print(f"{run}: {size/1e6:.1f} MB, {run.config['reached']['psnr']:.2f} dB on {N} fresh cars")


if __name__ == '__main__': main()
