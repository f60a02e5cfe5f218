"""Train the explorer's model on the embedded cars and export it: python tools/explorer_model.py [--minutes 5]

The run is kept in runs/explorer, and gone on with where it was interrupted. What it was and what it reached is written beside the model."""
import json
import warnings
from argparse import ArgumentParser

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import readme

from car_vae.evaluate import evaluate
from car_vae.export import export_onnx
from car_vae.train import Recipe, load_or_train

run, model = readme.root / 'runs' / 'explorer', readme.root / 'explorer' / 'model'


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=5., help='of training')
    args = parser.parse_args()
    load_or_train('cars', Recipe.fast(name='explorer', size=64, latent_dim=32, jitter=0.), run, minutes=args.minutes)
    export_onnx(run, model)
    record = json.loads((run / 'config.json').read_text()) | dict(reached=evaluate(run, 'cars', fd=False))
    (model / 'run.json').write_text(json.dumps(record, indent=1))
    print(json.dumps(record['reached'], indent=1))


if __name__ == '__main__': main()
