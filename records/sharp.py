"""What finished runs of the recipe `sharp` reach on photos that they have not seen:
python records/sharp.py PHOTOS RUN [RUN ...] [--others MORE]

RUN is a folder, or NAME=FOLDER where its row is to have a name of its own. Each comes from `car_vae train PHOTOS
--extra MORE --recipe sharp --minutes M --seed SEED --out RUN`; the seed also decides which photos are held out. Beside
each stand its rivals: the mean photo, the nearest training photo, other real photos. With `--others` PSNR and SSIM are
measured on another folder too, of which no photo was trained on. The results go into records/sharp_DATE.json, and
held-out photos above their reconstructions into nbs/images/sharp.jpg."""
import json
import math
import warnings
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch
from measure import folder, hardware, images, versions

from car_vae.data import image_grid
from car_vae.evaluate import evaluate
from car_vae.features import JUDGES
from car_vae.files import save_picture
from car_vae.metrics import frechet_distance, psnr, ssim
from car_vae.model import reconstruct
from car_vae.run import Recipe, Run

SHOWN = 10 # photos side by side
OF_OTHERS = 'n', 'psnr', 'psnr_se', 'ssim', 'pca_psnr' # what is measured on photos of another kind


def distances(x_hat, x):
    "Of a set of images to the held-out ones, by each judge."
    return {f'fd_{k}_reconstructions': frechet_distance(f(x_hat), f(x)) for k, f in JUDGES.items()}


def nearest_of(x, known):
    "The image that is nearest to each among known ones."
    return known[torch.cdist(x.flatten(1), known.flatten(1)).argmin(1)]


def rivals(known, unseen):
    "Rows for what needs no network: other photos, the mean photo, the nearest training photo."
    rows = [dict(name='other photos', **distances(known[:len(unseen)], unseen))]
    made = {'mean photo': known.mean(0).expand_as(unseen), 'nearest training photo': nearest_of(unseen, known)}
    for name, x_hat in made.items():
        quality = dict(psnr=psnr(x_hat, unseen).mean().item(), ssim=ssim(x_hat, unseen).mean().item())
        rows.append(dict(name=name, **quality, **distances(x_hat, unseen)))
    return rows


def name_of(recipe):
    "The recipe's name, and the options of its network that are not its own."
    own = getattr(Recipe, recipe.name, Recipe)().options
    return ', '.join([recipe.name, *(f'{k} {v}' for k, v in recipe.options.items() if own.get(k) != v)])


def named(text):
    "A run and the name of its row, from NAME=FOLDER or a folder."
    name, given, folder = text.rpartition('=')
    run = Run(folder)
    return (name if given else name_of(run.recipe)), run


def run_row(name, run, photos, others):
    "What a run was, and what it reaches."
    recipe, config = run.recipe, run.config
    more = {f'others_{k}': v for k, v in evaluate(run, others, fd=False).items() if k in OF_OTHERS} if others else {}
    return dict(name=name, seed=recipe.seed, size=recipe.size, epochs=recipe.epochs,
                n_train=config['n_train'], numbers=math.prod(run.latents()[0].shape[1:]),
                parameters=config['parameters'], trained_with=config['versions'],
                threads=config['threads'], **evaluate(run, photos), **more)


def show(run, unseen, path):
    "Held-out photos above their reconstructions."
    x = unseen[:SHOWN]
    save_picture(image_grid(torch.cat([x, reconstruct(run.model(), x)]), SHOWN), path, quality=90)


def measure(photos, runs, out, picture, others=None):
    "Measure the runs, and the rivals of the first."
    first = runs[0][1]
    known, unseen = (images(o, len(o)) for o in first.split(photos))
    rows = rivals(known, unseen) + [run_row(name, run, photos, others) for name, run in runs]
    record = dict(date=date.today().isoformat(), command='python records/sharp.py PHOTOS RUN ...', hardware=hardware(),
                  versions=versions(), photos=Path(photos).name, rows=rows)
    if others: record['others'] = Path(others).name
    out.write_text(json.dumps(record, indent=1))
    show(first, unseen, picture)
    for o in rows: print(o['name'], {k: v for k, v in o.items() if k in ('psnr', 'ssim') or k.startswith('fd_')})


def main():
    "What the script does."
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('photos', help='the folder that the runs were trained on')
    parser.add_argument('runs', nargs='+', type=named, metavar='run', help='finished runs')
    parser.add_argument('--others', type=Path, help='photos of another kind, none of them trained on')
    parser.add_argument('--out', type=Path, default=folder / f'sharp_{date.today()}.json', help='the record')
    parser.add_argument('--picture', type=Path, default=folder.parent/'nbs'/'images'/'sharp.jpg', help='the picture')
    args = parser.parse_args()
    measure(args.photos, args.runs, args.out, args.picture, args.others)


if __name__ == '__main__': main()
