"""Train the explorer's models on the embedded cars and export them: python tools/explorer_model.py [NAME ...]

`model` describes a car by 32 numbers in a row, `sharp` by a small image, together with a sketch network that can be
asked for cars. The runs are kept in runs/, and gone on with where they were interrupted. What each was and what it
reached is written beside its files."""
import json
import warnings
from argparse import ArgumentParser
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch

from car_vae.ask import conditions, fit_reader, obedience, read_factors, visible
from car_vae.cars import embedded_cars
from car_vae.data import scale
from car_vae.evaluate import evaluate
from car_vae.export import export_onnx
from car_vae.metrics import psnr, ssim
from car_vae.model import decode_images, reconstruct
from car_vae.run import Recipe
from car_vae.sketch import fit_sketch
from car_vae.train import load_or_train

root = Path(__file__).resolve().parent.parent
runs, explorer = root / 'runs', root / 'explorer'
SHOWN = 'latents_of', 'examples', 'example_names', 'factors', 'directions', 'map' # what the page shows of a row only


def row(minutes):
    "A network that is small, blurred and easy to steer."
    recipe = Recipe.fast(name='explorer', size=64, latent_dim=32, jitter=0.)
    run = load_or_train('cars', recipe, runs / 'explorer', minutes=minutes)
    export_onnx(run, explorer / 'model', bits=8)
    return run, evaluate(run, fd=False)


SKETCH = dict(steps=13_000, more=14_000, width=896) # half an hour on one core


def sharp_run(minutes):
    "The pictures take the minutes that are given, and the sketch as long as it needs."
    recipe = Recipe.sharp(name='explorer, sharp', size=128, factor=8, channels=8, width=48, bs=64)
    run = load_or_train('cars', recipe, runs / 'explorer_sharp', minutes=minutes, n=4000)
    if not run.has_prior: fit_sketch(run, **SKETCH)
    return run


FRESH = 11 # seed of cars that no run has seen


def drawing(run, n=600, reader_steps=1500):
    "How sharp pictures of fresh cars are, how far sketches come as they are asked for, and what a reader can read."
    size, model = run.recipe.size, run.model()
    images, factors = embedded_cars(n, size, FRESH, progress=False)
    x = scale(torch.from_numpy(images))
    reconstructed, sketched = reconstruct(model, x), decode_images(model, run.prior().sketch(conditions(factors)))
    reader = fit_reader(*embedded_cars(run.config['n'], size, progress=False), reader_steps)
    return dict(n=n, rendered=obeyed(reader, x, factors),
                reconstructed=near(reconstructed, x) | obeyed(reader, reconstructed, factors),
                sketched=near(sketched, x) | obeyed(reader, sketched, factors))


def near(x_hat, x): return dict(psnr=psnr(x_hat, x).mean().item(), ssim=ssim(x_hat, x).mean().item())


def obeyed(reader, x, factors):
    return {k: float(v) for k, v in obedience(read_factors(reader, x), visible(factors)).items()}


def sharp(minutes):
    "A network that draws sharply, as it is asked to."
    run = sharp_run(minutes)
    export_onnx(run, explorer / 'sharp', bits=8)
    f = explorer / 'sharp' / 'meta.json'
    meta = json.loads(f.read_text())
    f.write_text(json.dumps({k: o for k, o in meta.items() if k not in SHOWN}))
    return run, dict(sketch=SKETCH) | drawing(run)


MODELS = dict(model=row, sharp=sharp) # by the folder in which the page finds them


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('names', nargs='*', help=f'{" or ".join(MODELS)}; both if left out')
    parser.add_argument('--minutes', type=float, default=5., help='of training, for each')
    args = parser.parse_args()
    unknown = set(args.names) - set(MODELS)
    if unknown: parser.error(f'{", ".join(unknown)}: choose of {", ".join(MODELS)}.')
    for name in args.names or MODELS:
        run, reached = MODELS[name](args.minutes)
        record = run.config | dict(reached=reached)
        (explorer / name / 'run.json').write_text(json.dumps(record, indent=1))
        print(json.dumps(record['reached'], indent=1))


if __name__ == '__main__': main()
