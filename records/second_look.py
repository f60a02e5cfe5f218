"""What the second look of `compact` is worth, and where its gradient may go: python records/second_look.py

The recipe `quick` for 30 epochs on 1,400 embedded cars of 64 pixels, 600 held out, with every kind of second look and
three seeds; as many trainings at a time as there are cores, one thread each. The results go into
records/second_look_DATE.json after every training, so that an interrupted measurement goes on where it was. With
`--tiny` it tries itself in under a minute."""
import json
import os
import warnings
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch
from measure import hardware, versions
from torch import nn
from torch.func import functional_call

from car_vae.data import image_store
from car_vae.evaluate import evaluate
from car_vae.model import THUMB, THUMB_VALUES, ConvVAE, arch
from car_vae.run import Recipe
from car_vae.train import recipe_dls, vae_learner

folder = Path(__file__).resolve().parent
SEEDS = 0, 1, 2
FULL, TINY = dict(n=2000, size=64, epochs=30), dict(n=100, size=32, epochs=1)


@arch('none')
class Plain(ConvVAE):
    "`compact` without a second look."
    def __init__(self, size, latent_dim=128):
        super().__init__(size, latent_dim, 'compact')
        self.correction = None


@arch('held')
class Held(ConvVAE):
    "The decoder's weights are held for the second look: the KL teaches the encoder only."
    def __init__(self, size, latent_dim=128): super().__init__(size, latent_dim, 'compact')

    def _second_look(self, h, mu):
        held = {name: p.detach() for name, p in self.decoder[0].named_parameters()}
        drawn = functional_call(self.decoder[0], held, (mu,)).tanh()
        return self.correction(h[:, -THUMB_VALUES:] - nn.functional.adaptive_avg_pool2d(drawn, THUMB).flatten(1))


KINDS = {'whole gradient': 'compact', 'decoder held': 'held', 'none': 'none'}


def train_once(name, seed, n, size, epochs):
    "One training, and what it reaches on the held-out cars."
    torch.set_num_threads(1)
    recipe = Recipe.quick(arch=KINDS[name], size=size, epochs=epochs)
    learn = vae_learner(recipe_dls(image_store('cars', size, n=n), recipe), recipe.with_(seed=seed))
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs)
    return dict(name=name, seed=seed, **evaluate(learn, fd=False))


def measure(out, n, size, epochs):
    "Fill the record; what is in it already is kept."
    begin = dict(date=date.today().isoformat(), command='python records/second_look.py', n=n, size=size,
                 epochs=epochs, hardware=hardware(), versions=versions(), rows=[])
    record = json.loads(out.read_text()) if out.exists() else begin
    done = {(o['name'], o['seed']) for o in record['rows']}
    todo = [(name, seed) for name in KINDS for seed in SEEDS if (name, seed) not in done]
    with ProcessPoolExecutor(os.cpu_count(), get_context('spawn')) as pool:
        for job in as_completed(pool.submit(train_once, *o, n, size, epochs) for o in todo):
            record['rows'].append(row := job.result())
            out.write_text(json.dumps(record, indent=1))
            print(f"{row['name']}, seed {row['seed']}: {row['psnr']:.2f} dB", flush=True)


if __name__ == '__main__':
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--tiny', action='store_true', help='a trial of the script, not of the networks')
    parser.add_argument('--out', type=Path, default=folder / f'second_look_{date.today()}.json', help='the record')
    args = parser.parse_args()
    measure(args.out, **(TINY if args.tiny else FULL))
