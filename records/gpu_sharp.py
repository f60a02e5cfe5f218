"""What sharp pictures and a learned prior reach on a GPU: python records/gpu_sharp.py PHOTOS [--extra MORE]

One minute of the recipe `sharp`; then, in eight minutes together, a wider network, its decoder sharpened by a critic, a
flow in its latents. Everything is measured on photos that none of them has seen. Without PHOTOS it trains on the
embedded cars. Each part is written into records/gpu_sharp_DATE.json when it is done; pictures go into a file of the
same name. The Frechet distances need the extra `fd`. With `--device cpu --tiny` it tries itself in a minute."""
import json
import tempfile
import time
import warnings
from functools import cached_property
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from fastai.torch_core import default_device
from gpu import EMBEDDED, arguments, header, picture
from sharp import nearest_of

from car_vae.data import scale
from car_vae.evaluate import nearest_distances
from car_vae.features import lite0_features
from car_vae.flow import encode_mirrored, fit_flow
from car_vae.metrics import frechet_distance, per_image
from car_vae.model import decode_images, reconstruct
from car_vae.run import Recipe
from car_vae.sharpen import sharpen
from car_vae.train import train

SQUARES = dict(factor=8, channels=8) # of the wide network
FULL = dict(minutes=1, wide_minutes=2.5, critic_minutes=0.4, flow_minutes=3.7, bs=64, wide_bs=128, flow_bs=256,
            wide=dict(SQUARES, width=128, lr=1.5e-3), flow=dict(width=256, depth=8, lr=6e-4), steps=[8, 16, 32])
TINY = dict(minutes=0.02, wide_minutes=0.02, critic_minutes=0.01, flow_minutes=0.02, bs=16, wide_bs=16, flow_bs=16,
            wide=dict(SQUARES, width=16), flow=dict(width=16, depth=1), steps=[2])
SHOWN = 10 # pictures in a row


class Bench:
    "What all parts share: where runs are kept, photos that no run has seen, and how well models do on them."
    def __init__(self, args, runs):
        self.photos, self.extra, self.tiny, self.device = args.photos, args.extra, args.tiny, torch.device(args.device)
        self.settings, self.size = (TINY, 32) if self.tiny else (FULL, 128)
        self.n = 60 if self.tiny and self.photos == EMBEDDED else None
        self.runs, self.pictures = runs, {}

    def train(self, name, minutes, **recipe):
        return train(self.photos, Recipe.sharp(name=name, size=self.size, **recipe), self.runs/name, minutes=minutes,
                     extra=self.extra, n=self.n, quiet=True)

    @cached_property
    def images(self):
        "Those that the runs were trained on, and those that they were not."
        return [scale(torch.from_numpy(np.asarray(o))).to(default_device()) for o in self.wide.split()]

    @cached_property
    def wide(self):
        o = self.settings
        return self.train('wide', o['wide_minutes'], bs=o['wide_bs'], **o['wide'])

    @cached_property
    def sharpened(self): return sharpen(self.wide, self.runs/'sharpened', self.settings['critic_minutes'])

    @cached_property
    def flow(self):
        o, model = self.settings, self.wide.model(default_device())
        latents = encode_mirrored(model, self.wide.split()[0])
        return fit_flow(self.wide, o['flow_minutes'], latents=latents, bs=o['flow_bs'], **o['flow'])

    @cached_property
    def features(self): return lite0_features(self.images[1])

    def distance(self, x):
        "Of a set of pictures to the photos that were not seen; none where it cannot be had."
        try: return dict(fd_lite0=frechet_distance(lite0_features(x), self.features))
        except ImportError: return dict(fd_lite0=None)

    def keep(self, **pictures):
        "The first of each kind, for the picture."
        self.pictures |= {name: o[:SHOWN].cpu() for name, o in pictures.items()}

    def score(self, run, name):
        "How near reconstructions are to photos that were not seen."
        x, model = self.images[1], run.model(default_device())
        x_hat, m = reconstruct(model, x), per_image(model, [[o] for o in x.split(64)], run.variance)
        self.keep(**{'held out': x, name: x_hat})
        return dict(n=len(x), **m[['psnr', 'ssim', 'rate']].mean().to_dict(), **self.distance(x_hat))


def one_minute(b):
    "The recipe as it is, apart from the number of images in a batch."
    run = b.train('sharp', b.settings['minutes'], bs=b.settings['bs'])
    return about(run) | b.score(run, 'sharp')


def wide(b):
    "More channels for longer."
    return about(b.wide) | b.score(b.wide, 'wide')


def about(run):
    return dict(epochs=len(run.history), n_train=run.config['n_train'], parameters=run.config['parameters'],
                options=run.recipe.options, bs=run.recipe.bs)


def sharpened(b):
    "The same latents, the last layers of the decoder taught by a critic."
    return b.score(b.sharpened, 'wide, sharpened')


def floors(b):
    "What other photos reach, and the nearest of them, which needs no network."
    known, unseen = b.images
    away = nearest_distances(unseen, known).median().item()
    return dict(other_photos=b.distance(known[:len(unseen)]), nearest_photo=b.distance(nearest_of(unseen, known)),
                median_nearest=away)


def samples(b):
    "What the flow draws: how far it is from photos as a set, and from copies."
    known, unseen = b.images
    rows = []
    for steps in b.settings['steps']:
        start = time.time()
        z = b.flow.sample(len(unseen), seed=0, steps=steps)
        each = 1000*(time.time() - start)/len(unseen)
        for run in (b.wide, b.sharpened):
            x = decode_images(run.model(default_device()), z).to(unseen)
            away = nearest_distances(x, known).median().item()/b.done['floors']['median_nearest']
            rows.append(dict(steps=steps, decoder=Path(run).name, ms_each=each, nearest=away, **b.distance(x)))
    b.keep(**{'drawn': x, 'nearest to them': nearest_of(x, known)})
    return dict(rows=rows)


def flow(b):
    "The prior, and how many weights it has."
    return dict(parameters=sum(o.numel() for o in b.flow.velocity.parameters()))


PARTS = dict(wide=wide, one_minute=one_minute, sharpened=sharpened, floors=floors, flow=flow, samples=samples)


def measure(b, out):
    "All parts in their order; written down after each of them."
    b.done = record = header(b) | dict(settings=b.settings)
    for name, part in PARTS.items():
        began = time.time()
        record[name] = part(b) | dict(part_seconds=time.time() - began)
        record['picture'] = list(b.pictures)
        out.write_text(json.dumps(record, indent=1))
        print(name, json.dumps(record[name]), flush=True)
        picture(b).save(out.with_suffix('.jpg'), quality=90)


def main():
    args = arguments(__doc__, 'gpu_sharp')
    default_device(args.device.startswith('cuda'))
    with tempfile.TemporaryDirectory() as tmp: measure(Bench(args, Path(tmp)), args.out)


if __name__ == '__main__': main()
