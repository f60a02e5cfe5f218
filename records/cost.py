"""What an epoch costs in time and memory as the work grows: python records/cost.py

One thing grows at a time, from 2,000 images of 64x64 and 128 latent dimensions: the number of images, their size, or
latent_dim. The images are 500 embedded cars, repeated in a memory-mapped file, each copy with a mark of its own. Each
point is measured for a few seconds of training in a process of its own, which finds its images in that file; an epoch
is so many steps. The results go into records/cost_DATE.json after every point, so that an interrupted measurement goes
on where it was. With `--tiny` it tries itself in under a minute."""
import json
import platform
import tempfile
import warnings
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from measure import commit, hardware, peak_memory

from car_vae import __version__
from car_vae.cars import embedded_cars
from car_vae.data import ImageStore, car_dls
from car_vae.run import Recipe
from car_vae.train import epoch_seconds, vae_learner

folder = Path(__file__).resolve().parent
BASE = dict(n=2000, size=64, latent_dim=128)
GROWS = dict(n=(500, 2000, 10000, 50000), size=(64, 128, 256), latent_dim=(16, 128, 512))
TINY = dict(n=(80, 160), size=(32, 64), latent_dim=(2, 8))


@cache
def cars(n, size):
    "The first `n` embedded cars."
    return embedded_cars(n, size, progress=False)[0]


def repeated(n, size, file, distinct=500):
    "Write `n` images into a file that can be mapped into memory: embedded cars, again and again, each time marked."
    images = cars(min(n, distinct), size).copy()
    with open(file, 'wb') as f:
        np.lib.format.write_array_header_1_0(f, dict(descr='|u1', fortran_order=False, shape=(n, *images.shape[1:])))
        for k, i in enumerate(range(0, n, len(images))):
            images[:, :, 0, 0] = k % 256, k // 256, 0  # a copy would be the same picture, which a split keeps once
            f.write(images[:n - i].tobytes())
    return file


def mapped(file):
    "The images of a file as a store; the operating system reads what is asked for."
    images = np.load(file, mmap_mode='r')
    return ImageStore(images, [str(i) for i in range(len(images))])


def memory():
    "The most that this process has held, and what of its present memory belongs to no file (on Linux only), in MiB."
    return dict(peak_memory=peak_memory(), own_memory=own_memory())


def own_memory():
    "In MiB, or None where the system does not say."
    status = Path('/proc/self/status')
    if not status.exists(): return None
    own = [int(o.split()[1]) for o in status.read_text().splitlines() if o.startswith('RssAnon')]
    return round(own[0]/2**10) if own else None


def point(file, p, seconds, threads):
    "One measurement: `p` is a dictionary of `n`, `size` and `latent_dim`."
    torch.set_num_threads(threads)
    recipe = Recipe.fast(size=p['size'], latent_dim=p['latent_dim'])
    dls = car_dls(mapped(file), recipe.size, recipe.bs, flip=recipe.flip, jitter=recipe.jitter, device='cpu')
    took = epoch_seconds(vae_learner(dls, recipe), seconds, valid=False)
    speed = len(dls.train) * dls.train.bs / took
    return dict(**p, n_train=len(dls.train_ds), epoch_seconds=round(took, 2), images_per_second=round(speed, 1),
                **memory())


def apart(p, *args):
    "A point in a fresh process, so that its memory is its own: the images are made in this one."
    with tempfile.TemporaryDirectory() as d, ProcessPoolExecutor(1, get_context('spawn')) as ex:
        return ex.submit(point, repeated(p['n'], p['size'], Path(d) / 'images.npy'), p, *args).result()


def points(base, grows):
    "Every point once, the base among them."
    return list({tuple((base | {k: v}).items()): base | {k: v} for k, vs in grows.items() for v in vs}.values())


def begin(base):
    "A new record."
    versions = dict(car_vae=__version__, commit=commit(), torch=torch.__version__, python=platform.python_version())
    return dict(date=date.today().isoformat(), command='python records/cost.py', base=base, hardware=hardware(),
                versions=versions, rows=[])


def measure(base, grows, seconds, out):
    "Fill the record, one point after the other; what is in it already is kept."
    record = json.loads(out.read_text()) if out.exists() else begin(base)
    done = [{k: o[k] for k in base} for o in record['rows']]
    for p in points(base, grows):
        if p in done: continue
        record['rows'].append(row := apart(p, seconds, torch.get_num_threads()))
        out.write_text(json.dumps(record, indent=1))
        print(f"{row['n']:,} images of {row['size']}x{row['size']}, {row['latent_dim']} latent dimensions: "
              f"{row['epoch_seconds']:.1f} s an epoch, {row['peak_memory']:,} MiB", flush=True)
    return record


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=8., help='of training, for each point')
    parser.add_argument('--tiny', action='store_true', help='small images and few of them: a trial of this script')
    parser.add_argument('--out', type=Path, default=folder / f'cost_{date.today()}.json',
                        help='the record; an unfinished one is gone on with')
    args = parser.parse_args()
    if args.tiny: return measure(dict(n=80, size=32, latent_dim=8), TINY, 0.2, args.out)
    measure(BASE, GROWS, args.seconds, args.out)


if __name__ == '__main__': main()
