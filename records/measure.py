"""Train every recipe for the same time on the same photos and keep what it reached:
python records/measure.py PHOTOS [--minutes 5] [--seeds 3] [--fd]

With `--extra MORE` the recipes train on the photos of MORE too, of which none is held out. The results go into
records/photos_DATE.json, or more_photos_DATE.json with extra photos, after every training, so that an interrupted
measurement goes on where it was."""
import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import time
import warnings
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

import fastai
import numpy as np
import torch
from fastai.callback.core import Callback, CancelValidException
from torch import nn

from car_vae import __version__
from car_vae.data import car_dls, scale
from car_vae.evaluate import add_details, evaluate, nearest_distances
from car_vae.features import lite0_features
from car_vae.latent import fit_density, sample
from car_vae.metrics import frechet_distance, pca_baseline, psnr, ssim
from car_vae.model import ConvVAE, decode_images, encode_images
from car_vae.run import Recipe
from car_vae.train import epoch_seconds, vae_learner

folder = Path(__file__).resolve().parent
SIZE, LATENT_DIM, SPLIT = 128, 128, 42


class NoValidation(Callback):
    "Spend all the time on training: the held-out photos are measured once, at the end."
    def before_validate(self): raise CancelValidException


class FirstCourse(ConvVAE):
    """The first course's network as published: one tensor is both mu and log_var, and a sigmoid draws images that lie
    in [-1, 1]. (Its log_var is softly bounded, as all of ours are.)"""
    def __init__(self):
        super().__init__(SIZE, LATENT_DIM, 'classic')
        self.log_var_head = self.mu_head
        self.decoder[-1] = nn.Sigmoid()


ROWS = {'first course, as published': Recipe.classic, 'first course, slips mended': Recipe.classic,
        'quick': Recipe.quick, 'fast': Recipe.fast}
DETAILS = {'half the details by example': 0.5, 'all details by example': 1.}


def hardware():
    "The processor in words, and how many threads were used."
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return dict(cpu=cpu_name(), cores=os.cpu_count(), threads=torch.get_num_threads(), gpu=gpu)


def cpu_name():
    "What the processor is called, as far as the system says."
    cpuinfo = Path('/proc/cpuinfo')
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [o.split(':')[1].strip() for o in lines if o.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()


def peak_memory():
    "The most that this process has held, in MiB: PyTorch itself, photos and all."
    unit = 2**20 if sys.platform == 'darwin' else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/unit)


def commit():
    "The version of the code: short hash, with a plus where files were changed since."
    def git(*args):
        return subprocess.run(['git', '-C', str(folder), *args], capture_output=True, text=True).stdout.strip()
    changed = '+' if git('status', '--porcelain', '--untracked-files=no') else ''
    return git('rev-parse', '--short', 'HEAD') + changed


def loaders(photos, recipe, extra=None):
    "The same split for every recipe and seed."
    return car_dls(photos, SIZE, recipe.bs, seed=SPLIT, flip=recipe.flip, jitter=recipe.jitter, extra=extra,
                   repeat=recipe.repeat)


def fitted_prior(learn, own):
    "A density fitted to the latents of the first `own` training photos."
    q = encode_images(learn.model, learn.dls.train.new(shuffle=False, drop_last=False))
    return fit_density(q.mean[:own], q.log_var[:own])


def seconds_per_epoch(name, learn, rows):
    "Training time of an epoch: what an earlier row of the same recipe took, or a short measurement."
    for o in rows:
        if ROWS.get(o['name']) == ROWS[name]: return o['seconds'] / o['epochs']
    return epoch_seconds(learn, valid=False)


def images(ds, n): return scale(torch.from_numpy(np.asarray(ds[list(range(n))])))


def reconstructions(model, x): return decode_images(model, encode_images(model, x).mean)


# what is the same for a training with details and without
SAME = 'seed', 'epochs', 'seconds', 'images_per_second', 'parameters', 'n_train', 'n'


def scores(x_hat, samples, held_out, photos):
    "What reconstructions of the held-out photos and as many samples are worth."
    real = lite0_features(held_out)
    return dict(psnr=psnr(x_hat, held_out).mean().item(), ssim=ssim(x_hat, held_out).mean().item(),
                fd_lite0_reconstructions=frechet_distance(lite0_features(x_hat), real),
                fd_lite0_samples=frechet_distance(lite0_features(samples), real),
                nearest_of_samples=nearest_distances(samples, photos).mean().item(),
                nearest_of_held_out=nearest_distances(held_out, photos).mean().item())


def with_details(row, learn, photos, samples):
    "Rows for the same training when its pictures get details of `photos`."
    held_out = images(learn.dls.valid_ds, row['n'])
    x_hat, photos_hat = reconstructions(learn.model, held_out), reconstructions(learn.model, photos)
    rows = []
    for name, strength in DETAILS.items():
        x, new = (add_details(o, photos, photos_hat, strength) for o in (x_hat, samples))
        same = {k: row[k] for k in SAME}
        rows.append(dict(name=f"{row['name']}, {name}", **same, **scores(x, new, held_out, photos)))
    return rows


def begin_training(name, photos, extra, seed):
    "The recipe of a row, and its `Learner`."
    recipe = ROWS[name](size=SIZE, latent_dim=LATENT_DIM, seed=seed)
    learn = vae_learner(loaders(photos, recipe, extra), recipe)
    if 'as published' in name:
        torch.manual_seed(seed)
        learn.model = FirstCourse().to(learn.dls.device)
    return recipe, learn


def train_once(name, photos, extra, minutes, seed, fd, rows):
    "One training: what it took and reached, and with FD-lite0 also what details of the training photos do to that."
    recipe, learn = begin_training(name, photos, extra, seed)
    epochs = max(1, round(60 * minutes / seconds_per_epoch(name, learn, rows)))
    start = time.time()
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs, cbs=NoValidation())
    seconds, dl = time.time() - start, learn.dls.train
    speed, parameters = len(dl) * dl.bs * epochs / seconds, sum(p.numel() for p in set(learn.model.parameters()))
    own = len(loaders(photos, recipe).train_ds) # they come first, before those of `extra`
    prior = fitted_prior(learn, own) if fd else None
    row = dict(name=name, seed=seed, epochs=epochs, seconds=round(seconds, 1), images_per_second=round(speed, 1),
               parameters=parameters, n_train=len(learn.dls.train_ds), **evaluate(learn, fd=fd, prior=prior))
    if 'fd_lite0_samples' not in row: return [row]
    examples = images(learn.dls.train_ds, own)
    if recipe.flip: examples = torch.cat([examples, examples.flip(3)])
    return [row, *with_details(row, learn, examples, sample(learn.model, row['n'], prior, seed=0))]


def pca_row(photos, extra):
    "What as many principal components reach."
    dls = loaders(photos, Recipe.quick(), extra)
    train, valid = (np.asarray(o[list(range(len(o)))]) for o in (dls.train_ds, dls.valid_ds))
    start = time.time()
    x, x_hat = scale(torch.from_numpy(valid)), pca_baseline(train, valid, LATENT_DIM)
    reached = dict(psnr=psnr(x_hat, x).mean().item(), ssim=ssim(x_hat, x).mean().item())
    return dict(name=f'PCA, {LATENT_DIM} components', seconds=round(time.time() - start, 1), n=len(valid),
                n_train=len(train), parameters=(LATENT_DIM + 1) * valid[0].size, **reached)


def versions():
    "Of what a measurement depends on."
    return dict(car_vae=__version__, commit=commit(), torch=torch.__version__, fastai=fastai.__version__,
                python=platform.python_version())


def begin(photos, extra, same):
    "A new record, with the row of PCA."
    options = shlex.join('MORE' if o == extra else o for o in sys.argv[2:])
    return dict(date=date.today().isoformat(), command=f'python records/measure.py PHOTOS {options}', **same,
                hardware=hardware(), versions=versions(), rows=[pca_row(photos, extra)])


def measure(photos, extra, minutes, seeds, fd, out, names):
    "Fill the record, one training after the other; what is in it already is kept."
    same = dict(photos=Path(photos).name, extra=Path(extra).name if extra else None, minutes=minutes)
    record = json.loads(out.read_text()) if out.exists() else begin(photos, extra, same)
    for k, v in same.items():
        if record[k] == v: continue
        raise SystemExit(f'{out} was measured with {k} = {record[k]}, not {v}: name another record with --out.')
    done = {(o['name'], o.get('seed')) for o in record['rows']}
    for name, seed in [(name, seed) for seed in range(seeds) for name in names]:
        if (name, seed) in done: continue
        record['rows'] += (rows := train_once(name, photos, extra, minutes, seed, fd, record['rows']))
        out.write_text(json.dumps(record, indent=1))
        for row in rows:
            print(f"{row['name']}, seed {seed}: {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f} "
                  f"after {row['epochs']} epochs in {row['seconds']:.0f} s", flush=True)


if __name__ == '__main__':
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('photos', help='a folder of photos, of which 30 %% are held out')
    parser.add_argument('--extra', help='a folder of more photos to train on')
    parser.add_argument('--only', nargs='+', choices=ROWS, default=list(ROWS), metavar='NAME',
                        help=f"some of: {'; '.join(ROWS)}")
    parser.add_argument('--minutes', type=float, default=5., help='of training, for each recipe and seed')
    parser.add_argument('--seeds', type=int, default=3, help='how many')
    parser.add_argument('--fd', action='store_true',
                        help='FD-lite0 too, where car_vae[fd] is installed, and rows with details by example')
    parser.add_argument('--out', type=Path, help='the record; an unfinished one is gone on with')
    args = parser.parse_args()
    warnings.filterwarnings('ignore', category=FutureWarning)
    kind = 'more_photos' if args.extra else 'photos'
    out = args.out or folder / f'{kind}_{date.today()}.json'
    measure(args.photos, args.extra, args.minutes, args.seeds, args.fd, out, args.only)
