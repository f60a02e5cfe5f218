"""Is a latent easier to learn a prior in when it was made to be? python records/smooth.py

Four grids of 8x8x8 numbers for embedded cars of 64 pixels: one as it is; one whose decoder has to draw the picture
turned, mirrored or shrunk from a latent that was (equivariance, as in EQ-VAE, Kouzelis et al., 2025); one whose
decoder gets latents with more noise than the encoder's own; and one that just says less (beta 3). In each a flow then
learns for as many steps, and what it draws is measured beside the grid's own reconstructions, over three seeds. The
results go into records/smooth_DATE.json after every training, so that an interrupted measurement goes on where it was.
With `--tiny` it tries itself in a minute."""
import random
import tempfile
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from fastai.callback.core import Callback
from torch.nn import functional as F
from trials import main

from car_vae.data import image_store, scale
from car_vae.evaluate import nearest_distances
from car_vae.features import lite0_features
from car_vae.flow import fit_flow
from car_vae.latent import sample
from car_vae.metrics import frechet_distance, psnr
from car_vae.run import Recipe
from car_vae.train import fit, recipe_dls, vae_learner

PART = 0.5 # of the training batches whose latents are changed
SMALL = dict(width=64, depth=3, bs=64) # a flow of a size that twelve can be trained in an hour
MOST_NOISE = 0.5 # standard deviation that is added, drawn from 0 to this; the prior has 1


class Changed(Callback):
    "In a part of the training batches the decoder gets a latent that was changed, and has to draw the changed image."
    order = 95 # behind all that may change a batch
    def before_fit(self): self.hook = self.model.decoder.register_forward_pre_hook(lambda _, args: self.change(args[0]))
    def after_fit(self): self.hook.remove()
    def before_batch(self):
        self.change = self.draw() if self.training and random.random() < PART else nothing
    def after_pred(self): self.learn.yb = tuple(map(self.target, self.yb))


def nothing(o): return o


class Equivariant(Changed):
    "Turned by quarters, mirrored, or shrunk to half the side."
    def draw(self): return random.choice([mirrored, shrunk, *(turned(k) for k in (1, 2, 3))])
    def target(self, x): return self.change(x)


def mirrored(o): return o.flip(-1)
def shrunk(o): return F.avg_pool2d(o, 2)
def turned(quarters): return lambda o: o.rot90(quarters, (2, 3))


class Noised(Changed):
    "With noise on top of the encoder's."
    def draw(self): return with_noise(MOST_NOISE*random.random())
    def target(self, x): return x


def with_noise(deviation): return lambda z: z + deviation*torch.randn_like(z)


ROWS = {'as it is': (1., None), 'equivariant': (1., Equivariant), 'with noise': (1., Noised), 'beta 3': (3., None)}


def rows(size, epochs):
    "What each row trains: a recipe, and a callback or nothing."
    return {name: (Recipe.sharp(size=size, factor=8, channels=8, width=32, epochs=epochs, beta=beta), callback)
            for name, (beta, callback) in ROWS.items()}


def trained(recipe, callback, n, out):
    "A grid of embedded cars."
    learn = vae_learner(recipe_dls(image_store('cars', recipe.size, n=n), recipe), recipe)
    random.seed(recipe.seed)
    if callback: learn.add_cb(callback())
    return fit(learn, recipe, out, quiet=True)


def measured(row, seed, n, steps):
    "One grid and its flow: how near its reconstructions are to held-out cars, and what the flow draws."
    torch.set_num_threads(1)
    recipe, callback = row
    with tempfile.TemporaryDirectory() as out:
        run = trained(recipe.with_(seed=seed), callback, n, out)
        known, unseen = (scale(torch.from_numpy(np.asarray(o))) for o in run.split())
        fit_flow(run, steps=steps, seed=seed, **SMALL)
        whole, made = run.model().reconstruct(unseen), sample(run, len(unseen), seed=seed)
        rate = run.history['valid_rate'].iloc[-1]
    seen = lite0_features(unseen)
    copies = nearest_distances(made, known).median()/nearest_distances(unseen, known).median()
    return dict(rate=rate, psnr=psnr(whole, unseen).mean().item(),
                fd_reconstructions=float(frechet_distance(lite0_features(whole), seen)),
                fd_samples=float(frechet_distance(lite0_features(made), seen)), nearest=copies.item())


if __name__ == '__main__':
    main(__doc__, 'smooth', rows, full=dict(n=1000, size=64, epochs=8, steps=600),
         tiny=dict(n=60, size=32, epochs=1, steps=2), train=measured)
