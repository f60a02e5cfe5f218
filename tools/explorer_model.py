"""Train the explorer's model on the embedded cars and export it: python tools/explorer_model.py [--minutes 5]

The run is kept in runs/explorer, and gone on with where it was interrupted.
What it was and what it reached is written beside the model."""
import json
import warnings
from argparse import ArgumentParser

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import readme

from car_vae.evaluate import evaluate
from car_vae.export import export_onnx
from car_vae.run import Recipe
from car_vae.train import load_or_train

folder, model = readme.root / 'runs' / 'explorer', readme.root / 'explorer' / 'model'


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=5., help='of training')
    args = parser.parse_args()
    recipe = Recipe.fast(name='explorer', size=64, latent_dim=32, jitter=0.)
    run = load_or_train('cars', recipe, folder, minutes=args.minutes)
    export_onnx(run, model)
    record = run.config | dict(reached=evaluate(run, fd=False))
    (model / 'run.json').write_text(json.dumps(record, indent=1))
    print(json.dumps(record['reached'], indent=1))


if __name__ == '__main__': main()
