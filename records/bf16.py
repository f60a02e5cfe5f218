"""What does bfloat16 save on a CPU, and what does it cost? python records/bf16.py

For a processor that has instructions for it; on others the script says so and ends. Trainings ask first whether they
pay (`bf16_pays`); here they do not ask. The recipes `sharp` and `fast` train on embedded cars of 64 pixels in float32
and in bfloat16, over three seeds: is the quality the same? Then both take turns for some seconds each at 64 and at 128
pixels, with all cores: how many times as fast is bfloat16? For this part nothing else may run. The results go into
records/bf16_DATE.json, the trainings after each of them, so that an interrupted measurement goes on where it was. With
`--tiny` it tries itself in a minute, on any processor."""
import json
import warnings
from argparse import ArgumentParser
from unittest.mock import patch

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
from trials import asked, fill, train_once

from car_vae.data import image_store
from car_vae.run import Recipe
from car_vae.train import cpu_has_bf16, epoch_seconds, recipe_dls, vae_learner

MADE = dict(sharp=Recipe.sharp, fast=Recipe.fast)
KINDS = {'float32': False, 'bfloat16': True}
FULL, TINY = dict(n=1000, size=64, epochs=20), dict(n=60, size=32, epochs=1)
SPEEDS, TINY_SPEEDS = dict(sizes=(64, 128), rounds=3, seconds=6.), dict(sizes=(32,), rounds=1, seconds=.1)


def recipes(size, epochs):
    "The same recipe in both kinds, for each row."
    return {f'{name}, {kind}': made(size=size, epochs=epochs, bf16=bf16)
            for name, made in MADE.items() for kind, bf16 in KINDS.items()}


def not_asking():
    "A context in which bfloat16 is used where a recipe wants it."
    return patch('car_vae.train.bf16_pays', lambda: True)


def train_as_told(recipe, seed, n):
    "One training, in the kind of numbers that its recipe names."
    with not_asking(): return train_once(recipe, seed, n)


def speeds(made, size, rounds, seconds, n=400):
    "Images a second in float32 and in bfloat16, which take turns."
    store = image_store('cars', size, n=n)
    learners = {k: vae_learner(recipe_dls(store, r), r)
                for k, r in ((k, made(size=size, bf16=bf16)) for k, bf16 in KINDS.items())}
    def speed(learn):
        with not_asking(), learn.no_bar(): took = epoch_seconds(learn, seconds, valid=False)
        return len(learn.dls.train)*learn.recipe.bs/took
    return [{k: round(speed(learn), 1) for k, learn in learners.items()} for _ in range(rounds)]


def main():
    "What the script does."
    args = asked(ArgumentParser(description=__doc__), 'bf16')
    if not (args.tiny or cpu_has_bf16()): raise SystemExit('This processor has no instructions for bfloat16.')
    settings, more = (TINY, TINY_SPEEDS) if args.tiny else (FULL, SPEEDS)
    fill(args.out, 'bf16', recipes(settings['size'], settings['epochs']), settings, train_as_told)
    record = json.loads(args.out.read_text())
    record['speeds'] = [dict(name=name, size=size, rounds=speeds(made, size, more['rounds'], more['seconds']))
                        for size in more['sizes'] for name, made in MADE.items()]
    args.out.write_text(json.dumps(record, indent=1))
    for o in record['speeds']: print(o['name'], o['size'], *(f"{r['bfloat16']/r['float32']:.2f}" for r in o['rounds']))


if __name__ == '__main__': main()
