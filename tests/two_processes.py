"""Started by `torchrun`: each process trains and writes its weights as OUT/rank_N.pt."""
import sys
from pathlib import Path

import torch
from fastai.torch_core import rank_distrib

from car_vae.run import Recipe
from car_vae.train import fit, recipe_dls, vae_learner

out = Path(sys.argv[1])
recipe = Recipe.quick(size=32, latent_dim=4, epochs=2, bs=8, jitter=0.1)
learn = vae_learner(recipe_dls('cars', recipe, 'cpu', n=60), recipe)
fit(learn, recipe, out / 'run', quiet=True)
torch.save(dict(learn.model.named_parameters()), out / f'rank_{rank_distrib()}.pt')
