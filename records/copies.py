"""From how few cars a flow learns by heart: python records/copies.py RUN

RUN is a finished run of embedded cars with 128 numbers, such as `car_vae train cars` makes. In copies of it flows
learn for as many steps each from 50 to 20,000 drawn cars and their mirror images, three seeds each. The record says
how far what they draw is from the nearest car that they learned from, in units of what reconstructions of unseen cars
are, and from unseen cars as a set. The results go into records/copies_DATE.json after every training, so that an
interrupted measurement goes on where it was. With `--tiny` it tries itself in a minute."""
import tempfile
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from trials import SEEDS, keep, opened, with_run

from car_vae.cars import embedded_cars
from car_vae.data import scale
from car_vae.evaluate import nearest_distances
from car_vae.features import lite0_features
from car_vae.flow import encode_mirrored, fit_flow
from car_vae.latent import sample
from car_vae.metrics import frechet_distance
from car_vae.sketch import NEW_CARS

FULL = dict(n=400, steps=4000, sizes=[50, 500, 3000, 20000])
TINY = dict(n=8, steps=3, sizes=[20, 40])


class Judge:
    "Unseen cars, and how far pictures are from them and from those that a flow learned from."
    def __init__(self, run, n):
        self.unseen = scale(torch.from_numpy(np.asarray(run.split()[1][:n])))
        self.whole, self.features = run.model().reconstruct(self.unseen), lite0_features(self.unseen)

    def fd(self, x): return float(frechet_distance(lite0_features(x), self.features))

    def ratio(self, x, known):
        "Below 1: nearer to the cars that were learned from than unseen ones are, in the same softness."
        own, theirs = (nearest_distances(o, known).median().item() for o in (x, self.whole))
        return own/theirs


def measured(run, judge, images, latents, steps, seed):
    "One flow: what it draws."
    with tempfile.TemporaryDirectory() as tmp:
        copy = run.copied(f'{tmp}/run')
        fit_flow(copy, steps=steps, latents=latents, seed=seed)
        made = sample(copy, len(judge.unseen), seed=seed)
    known = scale(torch.from_numpy(np.concatenate([images, images[..., ::-1]])))
    return dict(fd_samples=judge.fd(made), nearest=judge.ratio(made, known))


def fill(out, run, settings):
    "Measure what the record lacks; it is written after every training."
    judge, record = Judge(run, settings['n']), opened(out, 'copies', settings)
    most = max(settings['sizes'])
    images, _ = embedded_cars(most, run.prepare.size, NEW_CARS, progress=False)
    mu, log_var = (o.unflatten(0, (2, most)) for o in encode_mirrored(run.model(), images)) # (2, most, latent_dim)
    record['fd_reconstructions'] = judge.fd(judge.whole)
    done = {(o['size'], o['seed']) for o in record['rows']}
    for k, seed in ((k, s) for k in settings['sizes'] for s in SEEDS if (k, s) not in done):
        latents = mu[:, :k].flatten(0, 1), log_var[:, :k].flatten(0, 1)
        row = dict(size=k, seed=seed, **measured(run, judge, images[:k], latents, settings['steps'], seed))
        keep(out, record, row, f"{k:,} cars, seed {seed}: {row['nearest']:.2f} of the distance, "
                               f"FD-lite0 {row['fd_samples']:.0f}")


def main(): with_run(__doc__, 'copies', fill, FULL, TINY)


if __name__ == '__main__': main()
