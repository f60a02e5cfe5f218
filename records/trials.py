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
from car_vae.run import Run
from car_vae.train import bfloat16_on_cpu, recipe_dls, vae_learner

folder = Path(__file__).resolve().parent
SEEDS = 0, 1, 2


def train_once(recipe, seed, n):
    "One training on embedded cars: what it cost, and what it reaches on those that are held out."
    torch.set_num_threads(1)
    learn = vae_learner(recipe_dls(image_store('cars', recipe.size, n=n), recipe), recipe.with_(seed=seed))
    start = time.process_time()
    with bfloat16_on_cpu(learn), learn.no_bar(), learn.no_logging(): learn.fit(recipe.epochs)
    return dict(cpu_seconds=round(time.process_time() - start, 1), latent_shape=learn.model.latent_shape,
                parameters=sum(p.numel() for p in learn.model.parameters()), **evaluate(learn, fd=False))


def opened(out, kind, settings):
    "The record that is there, or a new one."
    if out.exists(): return json.loads(out.read_text())
    return dict(date=date.today().isoformat(), command=f'python records/{kind}.py', **settings, hardware=hardware(),
                versions=versions(), rows=[])


def keep(out, record, row, text):
    "Add a row, write the record, and say what was measured."
    record['rows'].append(row)
    out.write_text(json.dumps(record, indent=1, allow_nan=False))
    print(text, flush=True)


def fill(out, kind, rows, settings, train=train_once):
    "Train what the record lacks; it is written after every training."
    record, more = opened(out, kind, settings), {k: o for k, o in settings.items() if k not in ('size', 'epochs')}
    done = {(o['name'], o['seed']) for o in record['rows']}
    todo = [(name, seed) for seed in SEEDS for name in rows if (name, seed) not in done]
    with ProcessPoolExecutor(os.cpu_count(), get_context('spawn')) as pool:
        jobs = {pool.submit(train, rows[name], seed, **more): (name, seed) for name, seed in todo}
        for job in as_completed(jobs):
            name, seed = jobs[job]
            row = dict(name=name, seed=seed, **job.result())
            keep(out, record, row, f"{name}, seed {seed}: {row['psnr']:.2f} dB, {row['rate']:.0f} nats")


def main(doc, kind, rows, full, tiny, train=train_once):
    "What a script does: `rows` gives what `train` wants for each name, made for the size and epochs of the settings."
    args = asked(ArgumentParser(description=doc), kind)
    settings = tiny if args.tiny else full
    fill(args.out, kind, rows(settings['size'], settings['epochs']), settings, train)


def with_run(doc, kind, fill, full, tiny):
    "What a script does that trains in copies of a run."
    parser = ArgumentParser(description=doc)
    parser.add_argument('run', type=Path, help='a finished run of embedded cars')
    args = asked(parser, kind)
    fill(args.out, Run(args.run), tiny if args.tiny else full)


def asked(parser, kind):
    "What every script asks for."
    parser.add_argument('--tiny', action='store_true', help='a trial of the script, not of the networks')
    parser.add_argument('--out', type=Path, default=folder / f'{kind}_{date.today()}.json', help='the record')
    return parser.parse_args()
