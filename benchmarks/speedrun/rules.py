"What an entry of the speedrun may not change: the sets, what is measured, the bounds, and when a record is one."
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import ttest_ind

from car_vae.cars import embedded_cars
from car_vae.features import lite0_features
from car_vae.loss import MIN_VARIANCE, gaussian_nll, rate, squared_error
from car_vae.metrics import frechet_distance, psnr
from car_vae.model import decode_images, encode_images, reparameterise

SEEDS, LOOKS, SURE = range(5), 20, 0.01


# The sets

class Cars(NamedTuple):
    "A set of embedded cars, and what `digest` makes of it."
    n: int
    size: int
    seed: int
    digest: str


SETS = dict(train=Cars(4000, 64, 42, '3dd1b3e7f613'), valid=Cars(500, 64, 43, 'c18c8ca774c0'),
            test=Cars(1000, 64, 44, '2696afa482e3'))


def digest(images, factors):
    """A hash of the factors of cars, and of their mean picture of 4x4 pixels in whole grey levels: not of each pixel,
    since some in every million come out differently on another kind of processor."""
    n, side = len(images), images.shape[-1]//4
    mean = images.reshape(n, 3, 4, side, 4, side).mean((0, 3, 5)).round().astype(int)
    text = f'{images.shape} {mean.tolist()} {factors.round(4).to_csv(index=False, lineterminator=",")}'
    return hashlib.sha1(text.encode()).hexdigest()[:12]


def drawn(cars):
    "The images of a set; raises `ValueError` where they are other cars."
    images, factors = embedded_cars(cars.n, cars.size, cars.seed, progress=False)
    if (found := digest(images, factors)) == cars.digest: return images
    raise ValueError(f'The {cars.n} cars of seed {cars.seed} have the hash {found}, not {cars.digest}: this renderer '
                     'draws other cars. Take the commit that the records name.')


# The tracks

def nats(model, x):
    "Negative ELBO of an image, with the one variance that suits all of them best; z is sampled."
    q = encode_images(model, x)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x_hat = decode_images(model, reparameterise(q.mean, q.log_var))
    sse, d = squared_error(x_hat, x).mean(), x[0].numel()
    return (gaussian_nll(sse, d, (sse/d).clamp(min=MIN_VARIANCE)) + rate(q.mean, q.log_var).mean()).item()


def reconstructed(model, x): return decode_images(model, encode_images(model, x).mean)


def decibels(model, x): return psnr(reconstructed(model, x), x).mean().item()


def fd_lite0(model, x):
    "Of reconstructions; `None` where the weights of its network are not installed."
    try: return round(frechet_distance(lite0_features(reconstructed(model, x)), lite0_features(x)), 1)
    except ImportError: return None


class Track(NamedTuple):
    "What is measured, and how good it has to be."
    entry: str # the course's own
    numbers: int # in the latent, at most
    measure: Callable
    unit: str
    sign: int # 1 where more is better, else -1
    valid: float # bound on the validation set, where the clock stops
    test: float # bound on the test set
    fd: float|None = None # bound on FD-lite0 on the test set

    def meets(self, value, bound): return self.sign*(value - bound) >= 0

    def value(self, model, x):
        "The measure; raises `ValueError` where the latent is too large."
        n = encode_images(model, x[:1]).mean.numel()
        if n > self.numbers: raise ValueError(f'The latent has {n} numbers: make it {self.numbers} at most.')
        return round(self.measure(model, x), 3)

    def passes(self, row):
        "Whether a seed met every bound that was measured."
        if row['test'] is None or not self.meets(row['test'], self.test): return False
        return row['fd_lite0'] is None or row['fd_lite0'] <= self.fd


TRACKS = {'128': Track('fast', 128, nats, 'nats', -1, valid=-6200., test=-6050.),
          'sharp': Track('sharp', 512, decibels, 'dB', 1, valid=27.5, test=27.35, fd=110.)}


# The record

def p_value(new, old):
    "Welch's one-sided test of log times: how likely `new` would be if its trainings were no faster than `old`."
    return ttest_ind(np.log(new), np.log(old), equal_var=False, alternative='less').pvalue


def judged(record, standing):
    "What a record is worth beside the standing one, in words, and which of the two stands."
    passed = sum(o['passed'] for o in record['rows'])
    if passed < len(SEEDS): return f'no: {passed} of {len(SEEDS)} seeds', standing
    if standing is None: return 'the first', record
    p = p_value(*([o['seconds'] for o in r['rows']] for r in (record, standing)))
    return (f'yes: p = {p:.2g}', record) if p < SURE else (f'no: p = {p:.2g}', standing)
