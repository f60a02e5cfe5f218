"""Make the pictures of the moving figures: python tools/figure_pictures.py [NAME ...]

`betas`: reconstructions by models that were trained with one beta each. `numbers`: what principal components keep of
cars. `plane`: what a model of two numbers draws all over its plane, and where it puts cars. All are of cars that
nothing was fitted to. Each becomes one picture of tiles and a few numbers, explorer/figures/NAME.webp and NAME.json.
About a quarter of an hour on two CPU cores."""
import json
import sys
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import readme
import torch
from torch.nn import functional as F

from car_vae.cars import embedded_cars
from car_vae.data import image_grid, image_store, scale
from car_vae.files import save_picture
from car_vae.loss import rate
from car_vae.metrics import Components, block_components, principal_components, project, project_blocks, psnr
from car_vae.model import decode_images, reconstruct
from car_vae.run import Recipe
from car_vae.train import recipe_dls, vae_learner

figures = readme.root / 'explorer' / 'figures'
SIZE, SIDE = 64, 8 # of a car and of a block, in pixels
TWELVE, MANY = 12, 200 # cars: those of the first lesson, and those that numbers are averaged over
SHOWN = 4 # of the twelve
BETAS = 100, 30, 10, 3, 1, 0.3, 0.1
CARS, EPOCHS = 2000, 10 # that each model learns from, and how often
COUNTS = 64, 128, 256, 512, 1024, 2048 # numbers for a picture


def cars(n, seed): return scale(torch.from_numpy(embedded_cars(n, SIZE, seed, progress=False)[0]))


def quality(x_hat, x): return round(psnr(x_hat, x).mean().item(), 2)


def trained(recipe):
    "A model of the embedded cars."
    learn = vae_learner(recipe_dls(image_store('cars', SIZE, n=CARS), recipe, device='cpu'), recipe)
    with learn.no_bar(), learn.no_logging(): learn.fit(recipe.epochs)
    return learn.model.eval()


def with_beta(beta, shown, many):
    "The pictures and the numbers of a model that was trained with squared error and a beta."
    model = trained(Recipe.quick(size=SIZE, likelihood='mse', beta=beta, epochs=EPOCHS, bs=16, lr=1e-3))
    with torch.no_grad(): q = model.encode(many)
    nats = rate(q.mean, q.log_var).mean().item()
    row = dict(beta=beta, rate=round(nats, 1), psnr=quality(reconstruct(model, many), many))
    print(row, flush=True)
    return reconstruct(model, shown), row


def betas(shown, many):
    "Rows of tiles, the first as the cars are, and a row of numbers for each of the others."
    pictures, rows = zip(*(with_beta(o, shown, many) for o in BETAS))
    return [shown, *pictures], rows


def strongest(components, k): return Components(components.mean, components.axes[:k])


def numbers(shown, many):
    "The same: two rows of tiles for each count, of whole pictures and of blocks."
    images, places = embedded_cars(2800, SIZE, progress=False)[0], (SIZE//SIDE)**2
    whole, of_blocks = principal_components(images, max(COUNTS)), block_components(images, SIDE, max(COUNTS)//places)
    tiles, rows = [shown], []
    for k in COUNTS:
        few, few_of_blocks = strongest(whole, k), strongest(of_blocks, k//places)
        tiles += [project(few, shown), project_blocks(few_of_blocks, shown)]
        reached = dict(whole=project(few, many), blocks=project_blocks(few_of_blocks, many))
        rows.append(dict(numbers=k, **{name: quality(o, many) for name, o in reached.items()}))
    return tiles, rows


REACH, ACROSS, DOTS, SMALL = 3.2, 24, 120, 48 # of the plane: how far, tiles in a row, cars; a tile in pixels


def smaller(x): return F.interpolate(x, size=SMALL, mode='area')


def plane(shown, many):
    "Tiles of a model of two numbers, row by row from above, and below them cars; where each car is, and how wide."
    recipe = Recipe.quick(size=SIZE, latent_dim=2, likelihood='mse', beta=30, epochs=2*EPOCHS, bs=16, lr=1e-3)
    model, x = trained(recipe), many[:DOTS]
    place = (torch.arange(ACROSS) + 0.5)/ACROSS*2*REACH - REACH
    z = torch.cartesian_prod(-place, place)[:, [1, 0]]
    with torch.no_grad(): q = model.encode(x)
    rows = torch.cat([q.mean, (q.log_var/2).exp()], 1).double().numpy().round(3).tolist()
    return [smaller(decode_images(model, z)), smaller(x)], [dict(zip(('x', 'y', 'width', 'height'), o)) for o in rows]


def main(*wanted):
    shown, many = cars(TWELVE, 12)[:SHOWN], cars(MANY, 7)
    for make, across in (betas, SHOWN), (numbers, SHOWN), (plane, ACROSS):
        if wanted and make.__name__ not in wanted: continue
        tiles, rows = make(shown, many)
        picture = figures / f'{make.__name__}.webp'
        save_picture(image_grid(torch.cat(tiles), across), picture, quality=80)
        (figures / f'{make.__name__}.json').write_text(json.dumps(rows, indent=1))
        print(f'{picture}: {picture.stat().st_size/1e3:.0f} kB')


if __name__ == '__main__': main(*sys.argv[1:])
