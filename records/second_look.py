"""Where the gradient of the second look of `compact` may go: python records/second_look.py

The recipe `quick` for 30 epochs on 1,400 embedded cars of 64 pixels, 600 held out, with the whole gradient and with the
decoder's weights held, three seeds each. The results go into records/second_look_DATE.json after every training, so
that an interrupted measurement goes on where it was. With `--tiny` it tries itself in under a minute."""
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
from torch import nn
from torch.func import functional_call
from trials import main

from car_vae.model import THUMB, THUMB_VALUES, ConvVAE, arch
from car_vae.run import Recipe


class Held(ConvVAE):
    "The decoder's weights are held for the second look: the KL teaches the encoder only."
    def _second_look(self, h, mu):
        held = {name: p.detach() for name, p in self.decoder[0].named_parameters()}
        drawn = functional_call(self.decoder[0], held, (mu,)).tanh()
        return self.correction(h[:, -THUMB_VALUES:] - nn.functional.adaptive_avg_pool2d(drawn, THUMB).flatten(1))


@arch('held')
def held(size, latent_dim=128): return Held(size, latent_dim, 'compact')


KINDS = {'whole gradient': 'compact', 'decoder held': 'held'}


def recipes(size, epochs):
    return {name: Recipe.quick(arch=net, size=size, epochs=epochs) for name, net in KINDS.items()}


if __name__ == '__main__':
    main(__doc__, 'second_look', recipes, full=dict(n=2000, size=64, epochs=30), tiny=dict(n=60, size=32, epochs=1))
