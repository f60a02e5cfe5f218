"""Is it the latent, or the training? One variable at a time: python records/grid.py

Each row changes one thing of the first: a grid of 8x8x8 numbers for cars of 64 pixels, trained as in lesson 10 and
half as wide. It trains for 10 epochs on 700 embedded cars, 300 are held out, with three seeds. The results go into
records/grid_DATE.json after every training, so that an interrupted measurement goes on where it was. With `--tiny` it
tries itself in a minute."""
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
from trials import main

from car_vae.run import Recipe

ROWS = {'grid, 8x8x8': {}, 'a vector of 512': dict(arch='compact', options=dict(latent_dim=512)),
        'factor 4, 2x16x16': dict(factor=4, channels=2), 'factor 16, 32x4x4': dict(factor=16, channels=32),
        '4 channels': dict(channels=4), 'width 16': dict(width=16), 'no GroupNorm': dict(groups=0),
        'beta 0.3': dict(beta=0.3), 'beta 3': dict(beta=3.)}
FIRST = dict(factor=8, channels=8, width=32, groups=8)
LESSON = dict(likelihood='sigma', bs=32, optimiser='adam')


def recipe(change, size, epochs):
    "The recipe of a row."
    return Recipe.sharp(size=size, epochs=epochs, **LESSON, **({} if 'arch' in change else FIRST) | change)


def recipes(size, epochs): return {name: recipe(change, size, epochs) for name, change in ROWS.items()}


if __name__ == '__main__':
    main(__doc__, 'grid', recipes, full=dict(n=1000, size=64, epochs=10), tiny=dict(n=60, size=32, epochs=1))
