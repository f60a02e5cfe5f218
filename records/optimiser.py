"""Adam or Muon? One variable at a time: python records/optimiser.py

The recipes `sharp` and `fast`, each with both optimisers, for 10 epochs on 700 embedded cars of 64 pixels; 300 are held
out. Three seeds. The results go into records/optimiser_DATE.json after every training, so that an interrupted
measurement goes on where it was. With `--tiny` it tries itself in a minute."""
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
from itertools import product

from trials import main

from car_vae.run import Recipe

RECIPES, OPTIMISERS = dict(sharp=Recipe.sharp, fast=Recipe.fast), ('adam', 'muon')


def recipes(size, epochs):
    "Each recipe with each optimiser."
    return {f'{name}, {optimiser}': recipe(size=size, epochs=epochs, optimiser=optimiser)
            for (name, recipe), optimiser in product(RECIPES.items(), OPTIMISERS)}


if __name__ == '__main__':
    main(__doc__, 'optimiser', recipes, full=dict(n=1000, size=64, epochs=10), tiny=dict(n=60, size=32, epochs=1))
