"""Train the course's networks and those of others for the same time on the same photos:
python benchmarks/peers.py PHOTOS [--minutes 3] [--seeds 1] [--fd]

Every model sees the same training photos at 128x128 through the same loader, has 128 latent dimensions, and is measured
on the same held-out photos at 128x128. A network that is published for 64x64 is taken to 128x128 by one more stage of
its own kind where its layer table goes on that way (PyTorch-VAE), and its row says so. One whose shapes are fixed
(pythae) stays at 64x64: it sees the photos halved, its output is doubled bilinearly to be measured, and
`psnr_own_size` holds what it reaches at its own size.

The results go into benchmarks/peers_DATE.json after every training, so that an interrupted run goes on where it was.
`--table FILE` shows a record as Markdown."""
import hashlib
import json
import sys
import time
import warnings
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from fastai.callback.channelslast import ChannelsLast
from fastai.callback.core import Callback, CancelEpochException, CancelFitException
from fastai.callback.progress import ProgressCallback
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch import nn
from torch.nn import functional as F

from car_vae.data import car_dls, image_store, scale
from car_vae.features import lite0_features
from car_vae.kl import kl_normal
from car_vae.metrics import frechet_distance, pca_baseline, psnr, ssim
from car_vae.model import at_rest, reparameterise
from car_vae.run import Recipe
from car_vae.train import vae_learner

folder = Path(__file__).resolve().parent
sys.path += [str(folder.parent / o) for o in ('records', 'tools')]
from measure import LATENT_DIM, SIZE, SPLIT, hardware, loaders, peak_memory, versions  # noqa: E402
from results import peer_table  # noqa: E402

try:
    from pythae.models import VAE, VAEConfig
    from pythae.models.nn.benchmarks.celeba import Decoder_Conv_AE_CELEBA, Encoder_Conv_VAE_CELEBA
except ImportError: VAE = None

TARGET = 18. # dB of PSNR on held-out photos, for `seconds_to_18_db`


class Missing(ImportError): "A package that a row needs is not installed."


# The peers

class Peer(nn.Module):
    """A VAE of others: `forward` gives its own loss. Images come and go in [-1, 1] at 128x128; inside they have its own
    `size`, and reach from `low` to 1."""
    size, low = SIZE, -1
    def own(self, x):
        x = F.interpolate(x, (self.size, self.size), mode='area') if self.size < x.shape[-1] else x
        return x if self.low else (x + 1)/2
    def forward(self, x):
        x = self.own(x)
        mu, log_var = self.encode(x)
        return self.loss(self.decode(reparameterise(mu, log_var)), x, kl_normal(mu, log_var))
    def reconstruct_own(self, x):
        with at_rest(self): x_hat = self.decode(self.encode(self.own(x))[0])
        return (x_hat if self.low else 2*x_hat - 1).clamp(-1, 1)
    def reconstruct(self, x): return F.interpolate(self.reconstruct_own(x), x.shape[-2:], mode='bilinear')


def stage(conv, ni, nf, **kwargs):
    "A convolution that halves or doubles an image."
    return nn.Sequential(conv(ni, nf, 3, stride=2, padding=1, **kwargs), nn.BatchNorm2d(nf), nn.LeakyReLU())


class PyTorchVAE(Peer):
    """AntixK/PyTorch-VAE's VanillaVAE: 3x3 convolutions with stride 2 down to 2x2, and their mirror; its KL is weighted
    by 0.00025 beside a mean squared error."""
    def __init__(self, size, nfs=(32, 64, 128, 256, 512, 1024)):
        super().__init__()
        self.size, nfs = size, nfs[:5 if size == 64 else 6]
        back, up = nfs[::-1], partial(stage, nn.ConvTranspose2d, output_padding=1)
        self.encoder = nn.Sequential(*[stage(nn.Conv2d, i, o) for i, o in zip((3, *nfs), nfs)], nn.Flatten())
        self.mu_head, self.log_var_head = (nn.Linear(4*nfs[-1], LATENT_DIM) for _ in range(2))
        self.decode = nn.Sequential(nn.Linear(LATENT_DIM, 4*nfs[-1]), nn.Unflatten(1, (nfs[-1], 2, 2)),
                                    *[up(i, o) for i, o in zip(back, (*back[1:], nfs[0]))],
                                    nn.Conv2d(nfs[0], 3, 3, padding=1), nn.Tanh())
    def encode(self, x):
        h = self.encoder(x)
        return self.mu_head(h), self.log_var_head(h)
    def loss(self, x_hat, x, kl): return F.mse_loss(x_hat, x) + 0.00025*kl.mean()


class PyTorchExample(Peer):
    "The VAE of pytorch/examples: one hidden layer of 400 each way, cross-entropy in [0, 1], summed over the batch."
    low = 0
    def __init__(self):
        super().__init__()
        d = 3*SIZE**2
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(d, 400), nn.ReLU())
        self.mu_head, self.log_var_head = nn.Linear(400, LATENT_DIM), nn.Linear(400, LATENT_DIM)
        self.decode = nn.Sequential(nn.Linear(LATENT_DIM, 400), nn.ReLU(), nn.Linear(400, d), nn.Sigmoid(),
                                    nn.Unflatten(1, (3, SIZE, SIZE)))
    def encode(self, x):
        h = self.hidden(x)
        return self.mu_head(h), self.log_var_head(h)
    def loss(self, x_hat, x, kl): return F.binary_cross_entropy(x_hat, x, reduction='sum') + kl.sum()


class Pythae(Peer):
    "pythae's VAE as installed, with its convolutional networks for CelebA and its own loss."
    size, low = 64, 0
    def __init__(self):
        super().__init__()
        if VAE is None: raise Missing('pythae is not installed. pip install --no-deps pythae')
        config = VAEConfig(input_dim=(3, 64, 64), latent_dim=LATENT_DIM)
        self.vae = VAE(config, Encoder_Conv_VAE_CELEBA(config), Decoder_Conv_AE_CELEBA(config))
    def forward(self, x): return self.vae({'data': self.own(x)}).loss
    def encode(self, x):
        o = self.vae.encoder(x)
        return o.embedding, o.log_covariance
    def decode(self, z): return self.vae.decoder(z).reconstruction


def own_loss(loss, x): return loss


def theirs(make, bs, lr, flip, photos, seed):
    "A `Learner` that trains a peer with Adam at its published learning rate and batch size."
    torch.manual_seed(seed)
    dls = car_dls(photos, SIZE, bs, seed=SPLIT, flip=flip)
    adam = partial(OptimWrapper, opt=torch.optim.Adam)
    learn = Learner(dls, make().to(dls.device), own_loss, adam, lr=lr, cbs=ChannelsLast())
    learn.remove_cb(ProgressCallback)
    return learn


def ours(make, photos, seed):
    "The course's own `Learner` of a recipe."
    recipe = make(size=SIZE, latent_dim=LATENT_DIM, seed=seed)
    return vae_learner(loaders(photos, recipe), recipe)


# A model is a function of the photos and a seed that gives a `Learner`, whose model has `reconstruct`.
ROWS = {'fast': partial(ours, Recipe.fast), 'quick': partial(ours, Recipe.quick),
        'classic, slips mended': partial(ours, Recipe.classic),
        'PyTorch-VAE vanilla, one more stage': partial(theirs, partial(PyTorchVAE, 128), 64, 5e-3, True),
        'PyTorch-VAE vanilla, 64x64': partial(theirs, partial(PyTorchVAE, 64), 64, 5e-3, True),
        'pythae VAE, CelebA networks, 64x64': partial(theirs, Pythae, 100, 1e-4, False),
        'PyTorch examples VAE, scaled up': partial(theirs, PyTorchExample, 128, 1e-3, False)}
PCA = f'PCA, {LATENT_DIM} components'


# The measurement

class Clock(Callback):
    """Stop after `seconds` of training without validation, counted from `start`, when nothing but the photos was there
    yet. Schedules run on that time.
    Looks at the held-out PSNR 20 times until it is at the target; looking is not counted."""
    order = 50 # before what reads the part of the training done
    def __init__(self, seconds, start):
        self.seconds, self.start, self.next, self.off = seconds, start, 0.05, 0.
        self.images, self.reached = 0, None
    def before_fit(self): self.first = self.spent()
    def spent(self):
        if self.dls.device.type == 'cuda' and self.images: torch.cuda.synchronize()
        return time.time() - self.start - self.off
    def before_batch(self):
        spent = self.spent()
        if spent >= self.seconds: raise CancelFitException
        if spent >= self.next*self.seconds and self.reached is None: self.look(spent)
        self.learn.pct_train = spent/self.seconds
    def after_batch(self): self.images += len(self.xb[0])
    def after_train(self): raise CancelEpochException # no validation
    def look(self, spent):
        if held_out_psnr(self.learn) >= TARGET: self.reached = round(spent, 1)
        self.next, self.off = spent/self.seconds + 0.05, time.time() - self.start - spent
    def after_fit(self): self.took = self.spent()


def held_out_psnr(learn):
    "Mean over the held-out photos, in dB."
    return torch.cat([psnr(learn.model.reconstruct(x), x) for x, _ in learn.dls.valid]).mean().item()


def score(x_hat, x, fd):
    "What reconstructions of the held-out photos are worth."
    distance = dict(fd_lite0=frechet_distance(lite0_features(x_hat), lite0_features(x))) if fd else {}
    return dict(psnr=psnr(x_hat, x).mean().item(), ssim=ssim(x_hat, x).mean().item(), **distance)


def pca_row(photos, fd):
    "What as many principal components reach."
    dls = car_dls(photos, SIZE, seed=SPLIT)
    train, valid = (np.asarray(o[list(range(len(o)))]) for o in (dls.train_ds, dls.valid_ds))
    start = time.time()
    x_hat = pca_baseline(train, valid, LATENT_DIM)
    seconds, memory, s = round(time.time() - start, 1), peak_memory(), score(x_hat, scale(torch.from_numpy(valid)), fd)
    reached = seconds if s['psnr'] >= TARGET else None
    return dict(images_per_second=None, seconds_to_18_db=reached, **s, parameters=(LATENT_DIM + 1)*valid[0].size,
                peak_memory=memory, epochs=None, seconds=seconds, n=len(valid), n_train=len(train))


def row(name, photos, minutes, seed, fd):
    "One training, in a process of its own: what it took and what it reached."
    if name == PCA: return dict(name=name, seed=seed, **pca_row(photos, fd))
    clock = Clock(60*minutes, time.time())
    learn = ROWS[name](photos, seed)
    with learn.no_bar(), learn.no_logging(): learn.fit(10**6, cbs=clock)
    memory, model = peak_memory(), learn.model
    x = torch.cat([o for o, _ in learn.dls.valid])
    s = score(torch.cat([model.reconstruct(o) for o in x.split(64)]), x, fd)
    if clock.reached is None and s['psnr'] >= TARGET: clock.reached = round(clock.took, 1)
    if getattr(model, 'size', SIZE) < SIZE: s['psnr_own_size'] = own_size_psnr(model, x)
    speed, parameters = clock.images/(clock.took - clock.first), sum(p.numel() for p in model.parameters())
    n_train = len(learn.dls.train_ds)
    return dict(name=name, seed=seed, images_per_second=round(speed, 1), seconds_to_18_db=clock.reached, **s,
                parameters=parameters, peak_memory=memory, epochs=round(clock.images/n_train, 1),
                seconds=round(clock.took, 1), n=len(x), n_train=n_train)


def own_size_psnr(model, x):
    "PSNR of a network whose images are smaller than the photos, on photos of its size."
    return psnr(model.reconstruct_own(x), F.interpolate(x, (model.size, model.size), mode='area')).mean().item()


def apart(*args):
    "A row in a fresh process, so that its peak memory is its own."
    with ProcessPoolExecutor(1, get_context('spawn')) as ex: return ex.submit(row, *args).result()


def begin(photos, minutes, fd, out):
    "The record in `out`, or a new one; raises `ValueError` where it is of other photos, minutes or another machine."
    digest = hashlib.sha1(image_store(photos, SIZE).images).hexdigest()[:12]
    same = dict(photos=Path(photos).name, digest=digest, minutes=minutes, fd=fd, size=SIZE, latent_dim=LATENT_DIM,
                hardware=hardware())
    new = dict(date=date.today().isoformat(), **same, versions=versions(), rows=[])
    record = json.loads(out.read_text()) if out.exists() else new
    other = [k for k, v in same.items() if record[k] != v]
    if other:
        raise ValueError(f"{out} was measured with another {', '.join(other)}: give the same again, or another --out.")
    return record


def benchmark(photos, minutes, seeds, fd, out, names):
    "Fill the record, one row after the other; what is in it already is kept."
    record = begin(photos, minutes, fd, out)
    done, missing = {(o['name'], o['seed']) for o in record['rows']}, set()
    for name, seed in [(name, seed) for seed in range(seeds) for name in names]:
        if (name, seed) in done or name in missing or (name == PCA and seed): continue
        try: record['rows'].append(new := apart(name, photos, minutes, seed, fd))
        except Missing as e:
            missing.add(name)
            print(f'{name} is left out: {e}', flush=True)
            continue
        out.write_text(json.dumps(record, indent=1))
        print(f"{name}, seed {seed}: {new['psnr']:.2f} dB, SSIM {new['ssim']:.3f} after {new['seconds']:.0f} s",
              flush=True)
    return record


def show(record): print(peer_table(record))


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('photos', nargs='?', help='a folder of photos, of which 30 %% are held out')
    parser.add_argument('--minutes', type=float, default=3., help='of training, for each model and seed')
    parser.add_argument('--seeds', type=int, default=1, help='how many')
    parser.add_argument('--fd', action='store_true', help='FD-lite0 too; needs car_vae[fd]')
    parser.add_argument('--out', type=Path, default=folder / f'peers_{date.today()}.json',
                        help='the record; an unfinished one is gone on with')
    parser.add_argument('--only', nargs='+', choices=[PCA, *ROWS], default=[PCA, *ROWS], metavar='NAME',
                        help=f"some of: {'; '.join([PCA, *ROWS])}")
    parser.add_argument('--table', type=Path, metavar='FILE', help='train nothing; show this record')
    args = parser.parse_args()
    if args.table: return show(json.loads(args.table.read_text()))
    if not args.photos: parser.error('give a folder of photos, or --table FILE')
    if args.fd and not find_spec('efficientnet_lite_pytorch'):
        parser.error('--fd needs car_vae[fd]: pip install -e ".[fd]"')
    try: record = benchmark(args.photos, args.minutes, args.seeds, args.fd, args.out, args.only)
    except ValueError as e: parser.error(str(e))
    print()
    show(record)


if __name__ == '__main__': main()
