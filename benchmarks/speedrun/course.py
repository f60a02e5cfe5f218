"What entries that train a recipe of the course share; an entry need not use it."
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.torch_core import default_device
from measure import NoValidation

from car_vae.data import StoreDL
from car_vae.train import bfloat16_on_cpu, vae_learner


class Looks(Callback):
    "Look at the validation set as often as is allowed, evenly over the training."
    order = 60 # after the step

    def __init__(self, look): self.look, self.done = look, 0

    def after_batch(self):
        if self.pct_train < (self.done + 1)/self.look.most - 1e-9: return
        self.done += 1
        self.look(self.model, self.train_iter)


def fit(images, recipe, look):
    "Train a recipe on all images, until a look is good enough."
    dl = StoreDL(images, recipe.flip, recipe.jitter, bs=recipe.bs, shuffle=True, drop_last=True)
    learn = vae_learner(DataLoaders(dl, dl.new(shuffle=False), device=default_device()), recipe)
    with bfloat16_on_cpu(learn), learn.no_bar(), learn.no_logging():
        learn.fit(recipe.epochs, cbs=[Looks(look), NoValidation()])
