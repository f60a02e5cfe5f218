"""What sharp pictures and a learned prior reach on a GPU: python records/gpu_sharp.py PHOTOS [--extra MORE]

One minute of the recipe `sharp`; then, in eight minutes together, a wider network, its decoder sharpened by a critic, a
flow in its latents. Everything is measured on photos that none of them has seen. Without PHOTOS it trains on the
embedded cars. Each part is written into records/gpu_sharp_DATE.json when it is done; pictures go into a file of the
same name. The Frechet distances need the extra `fd`. With `--device cpu --tiny` it tries itself in a minute."""
import json
import tempfile
import time
import warnings
from argparse import ArgumentParser
from datetime import date
from functools import cached_property
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from fastai.torch_core import default_device
from gpu import EMBEDDED, card, folder
from measure import hardware, versions

from car_vae.data import image_grid, scale, to_uint8
from car_vae.evaluate import nearest_distances, run_dls
from car_vae.features import lite0_features
from car_vae.flow import encode_mirrored, fit_flow
from car_vae.metrics import frechet_distance, per_image, psnr, ssim
from car_vae.model import decode_images, reconstruct
from car_vae.run import Recipe
from car_vae.sharpen import sharpen
from car_vae.train import train

FULL = dict(minutes=1, wide_minutes=2.5, critic_minutes=0.4, flow_minutes=3.7, bs=64, wide_bs=128, flow_bs=256,
            wide=dict(width=128, lr=1.5e-3), flow=dict(width=256, depth=8, lr=6e-4), steps=[8, 16, 32])
TINY = dict(minutes=0.02, wide_minutes=0.02, critic_minutes=0.01, flow_minutes=0.02, bs=16, wide_bs=16, flow_bs=16,
            wide=dict(width=16), flow=dict(width=16, depth=1), steps=[2])
SHOWN = 10 # pictures in a row


class Bench:
    "What all parts share: where runs are kept, photos that no run has seen, and how well models do on them."
    def __init__(self, photos, extra, tiny, runs):
        self.photos, self.extra, self.runs, self.pictures = photos, extra, runs, {}
        self.settings, self.size = (TINY, 32) if tiny else (FULL, 128)
        self.n = 60 if tiny and photos == EMBEDDED else None

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

    def distance(self, x_hat): return dict(fd_lite0=self.fd(x_hat, self.images[1]))

    @staticmethod
    def fd(*sets):
        "The Frechet distance of two sets of pictures; none where it cannot be had."
        try: return frechet_distance(*map(lite0_features, sets))
        except ImportError: return

    def score(self, run):
        "How near reconstructions are to photos that were not seen."
        x, model = self.images[1], run.model(default_device())
        x_hat = reconstruct(model, x).to(x)
        self.pictures |= {'held out': x, run.recipe.name + (', sharpened' if 'sharpened' in str(run) else ''): x_hat}
        rows = per_image(model, run_dls(run, self.photos if self.photos != EMBEDDED else None).valid, run.variance)
        return dict(n=len(x), psnr=psnr(x_hat, x).mean().item(), ssim=ssim(x_hat, x).mean().item(),
                    rate=float(rows.rate.mean()), **self.distance(x_hat))


def one_minute(b):
    "The recipe as it is, apart from the number of images in a batch."
    run = b.train('sharp', b.settings['minutes'], bs=b.settings['bs'])
    return about(run) | b.score(run)


def wide(b):
    "More channels for longer."
    return about(b.wide) | b.score(b.wide)


def about(run):
    return dict(epochs=len(run.history), n_train=run.config['n_train'], parameters=run.config['parameters'],
                options=run.recipe.options, bs=run.recipe.bs)


def sharpened(b):
    "The same latents, the last layers of the decoder taught by a critic."
    return b.score(b.sharpened)


def floors(b):
    "What other photos reach, and the nearest of them, which needs no network."
    known, unseen = b.images
    nearest = known[torch.cdist(unseen.flatten(1), known.flatten(1)).argmin(1)]
    away = nearest_distances(unseen, known).median().item()
    return dict(other_photos=b.distance(known[:len(unseen)]), nearest_photo=b.distance(nearest), median_nearest=away)


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
    nearest = torch.cdist(x.flatten(1), known.flatten(1)).argmin(1)
    b.pictures |= {'drawn': x, 'nearest to them': known[nearest]}
    return dict(rows=rows)


def flow(b):
    "The prior: how many weights, and how long it really took."
    return dict(parameters=sum(o.numel() for o in b.flow.velocity.parameters()))


PARTS = dict(wide=wide, one_minute=one_minute, sharpened=sharpened, floors=floors, flow=flow, samples=samples)


def show(b, path):
    "A row of each kind of picture, and all that was drawn."
    image_grid(torch.cat([o[:SHOWN].cpu() for o in b.pictures.values()]), SHOWN).save(path, quality=90)


def measure(b, record, out):
    "All parts in their order; written down after each of them."
    b.done = record
    for name, part in PARTS.items():
        began = time.time()
        record[name] = part(b) | dict(part_seconds=time.time() - began)
        record['picture'] = list(b.pictures)
        out.write_text(json.dumps(record, indent=1))
        print(name, json.dumps(record[name]), flush=True)
        if b.pictures: show(b, out.with_suffix('.jpg'))


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('photos', nargs='?', default=EMBEDDED, help='a folder of photos; the embedded cars if left out')
    parser.add_argument('--extra', help='a folder of more photos, to train on only')
    parser.add_argument('--device', default='cuda', help='cuda, or cpu together with --tiny')
    parser.add_argument('--tiny', action='store_true', help='small images and few of them: a trial of this script')
    parser.add_argument('--out', type=Path, default=folder / f'gpu_sharp_{date.today()}.json', help='the record')
    parser.add_argument('--pictures', type=Path, help='keep all pictures in this npz file, to measure them again')
    args = parser.parse_args()
    if args.device.startswith('cuda') and not torch.cuda.is_available():
        parser.error('there is no GPU here: try --device cpu --tiny')
    if args.device == 'cpu' and not args.tiny: parser.error('a CPU takes hours for this: add --tiny')
    default_device(args.device.startswith('cuda'))
    record = dict(date=date.today().isoformat(), **card(torch.device(args.device)), tiny=args.tiny,
                  photos='embedded cars' if args.photos == EMBEDDED else Path(args.photos).name,
                  extra=args.extra and Path(args.extra).name, hardware=hardware(),
                  versions=versions() | dict(cuda=torch.version.cuda), settings=TINY if args.tiny else FULL)
    with tempfile.TemporaryDirectory() as tmp:
        b = Bench(args.photos, args.extra, args.tiny, Path(tmp))
        measure(b, record, args.out)
    if args.pictures: np.savez(args.pictures, **{k: to_uint8(o.cpu()).numpy() for k, o in b.pictures.items()})


if __name__ == '__main__': main()
