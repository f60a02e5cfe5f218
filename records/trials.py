"""What measurements of many short trainings share: as many at a time as there are cores, with one thread each."""
import json
import os
import time
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import torch
from measure import hardware, versions

from car_vae.data import image_store
from car_vae.evaluate import evaluate
from car_vae.train import recipe_dls, vae_learner

folder = Path(__file__).resolve().parent
SEEDS = 0, 1, 2


def train_once(recipe, seed, n):
    "One training on embedded cars: what it cost, and what it reaches on those that are held out."
    torch.set_num_threads(1)
    learn = vae_learner(recipe_dls(image_store('cars', recipe.size, n=n), recipe), recipe.with_(seed=seed))
    start = time.process_time()
    with learn.no_bar(), learn.no_logging(): learn.fit(recipe.epochs)
    return dict(cpu_seconds=round(time.process_time() - start, 1), latent_shape=learn.model.latent_shape,
                parameters=sum(p.numel() for p in learn.model.parameters()), **evaluate(learn, fd=False))


def begin(kind, settings):
    "A new record."
    return dict(date=date.today().isoformat(), command=f'python records/{kind}.py', **settings, hardware=hardware(),
                versions=versions(), rows=[])


def fill(out, kind, recipes, settings):
    "Train what the record lacks; it is written after every training."
    record = json.loads(out.read_text()) if out.exists() else begin(kind, settings)
    done = {(o['name'], o['seed']) for o in record['rows']}
    todo = [(name, seed) for seed in SEEDS for name in recipes if (name, seed) not in done]
    with ProcessPoolExecutor(os.cpu_count(), get_context('spawn')) as pool:
        jobs = {pool.submit(train_once, recipes[name], seed, settings['n']): (name, seed) for name, seed in todo}
        for job in as_completed(jobs):
            name, seed = jobs[job]
            record['rows'].append(row := dict(name=name, seed=seed, **job.result()))
            out.write_text(json.dumps(record, indent=1))
            print(f"{name}, seed {seed}: {row['psnr']:.2f} dB, {row['rate']:.0f} nats", flush=True)


def main(doc, kind, recipes, full, tiny):
    "What a script does: `recipes` gives a recipe for each name, made for the size and epochs of the settings."
    parser = ArgumentParser(description=doc)
    parser.add_argument('--tiny', action='store_true', help='a trial of the script, not of the networks')
    parser.add_argument('--out', type=Path, default=folder / f'{kind}_{date.today()}.json', help='the record')
    args = parser.parse_args()
    settings = tiny if args.tiny else full
    fill(args.out, kind, recipes(settings['size'], settings['epochs']), settings)
