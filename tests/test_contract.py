"The model contract: a short network that the package has never seen goes through everything that a run can do."
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from conftest import picture
from fastai.callback.core import Callback
from PIL import Image
from torch.testing import assert_close

from car_vae import model as m
from car_vae.data import car_dls, scale
from car_vae.evaluate import evaluate
from car_vae.export import export_onnx
from car_vae.kl import kl_normal
from car_vae.latent import Mixture, StandardNormal, interpolate, sample
from car_vae.loss import rate
from car_vae.metrics import active_units, iwae_bound
from car_vae.run import Recipe, Run
from car_vae.train import fit, train, vae_learner

NETS = '''
from torch import nn
from car_vae.model import Output, Posterior, arch, reparameterise, soft_bound

class Tiny(nn.Module):
    def __init__(self, size, width):
        super().__init__()
        self.size, self.latent_shape, self.sampling = size, (4, size//4, size//4), None
        self.down = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, width, 3, 1, 1), nn.ReLU(),
                                  nn.Conv2d(width, 8, 1))
        self.up = nn.Sequential(nn.Conv2d(4, width, 3, 1, 1), nn.ReLU(),
                                nn.Conv2d(width, 48, 1), nn.PixelShuffle(4), nn.Tanh())

    def encode(self, x):
        mu, log_var = self.down(x).chunk(2, 1)
        return Posterior(mu, soft_bound(log_var))

    def decode(self, z): return self.up(z)

    def forward(self, x):
        q = self.encode(x)
        sampling = self.training if self.sampling is None else self.sampling
        z = reparameterise(q.mean, q.log_var) if sampling else q.mean
        return Output(self.decode(z), q.mean, q.log_var)

@arch('tiny')
def tiny(
    size, # side of the images, in pixels, a multiple of 4
    width:int=16, # channels inside
): return Tiny(size, width)
'''
SHAPE, N, N_VALID = (4, 8, 8), 24, 7
RECIPE = dict(arch='my_nets:tiny', size=32, epochs=3, bs=8, width=8)
COMMAND = '--arch', 'my_nets:tiny', '--option', 'width=8', '--size', '32', '--bs', '8', '--save-every', '0'
program = str(Path(sys.executable).with_name('car_vae'))


@pytest.fixture(scope='module')
def here(tmp_path_factory):
    "A working folder with a module of networks on Python's path, 24 drawn pictures and a cache of its own."
    folder = tmp_path_factory.mktemp('contract')
    (folder/'my_nets.py').write_text(NETS)
    (folder/'photos').mkdir()
    for i in range(N): picture(i, (32, 32)).save(folder/f'photos/car{i:02}.png')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        patch.setenv('PYTHONPATH', os.pathsep.join([str(folder), os.environ.get('PYTHONPATH', '')]))
        patch.setenv('CAR_VAE_CACHE', str(folder/'cache'))
        patch.setenv('OMP_NUM_THREADS', '1')
        yield folder
    m.ARCHS.pop('tiny', None)
    sys.modules.pop('my_nets', None)


class Interrupt(Callback):
    "Ctrl+C after the second epoch, when its checkpoint is written."
    order = 100
    def after_epoch(self):
        if self.epoch == 1: raise KeyboardInterrupt


@pytest.fixture(scope='module')
def run(here):
    "A run that was interrupted and resumed."
    recipe = Recipe.quick(**RECIPE)
    learn = vae_learner(car_dls('photos', 32, 8, recipe.valid_pct, recipe.seed, recipe.flip, 'cpu'), recipe)
    learn.add_cb(Interrupt())
    with pytest.raises(KeyboardInterrupt): fit(learn, recipe, 'runs/halves', every=0, quiet=True)
    assert not Run('runs/halves').finished
    return train('photos', recipe, 'runs/halves', resume=True, device='cpu', quiet=True)


@pytest.fixture(scope='module')
def unseen(run):
    "The pictures that the run has not seen, in [-1, 1]."
    return scale(torch.from_numpy(np.stack(list(run.split()[1]))))


def test_the_network_is_as_short_as_promised(): assert len(NETS.strip().splitlines()) <= 40


def test_the_registry_builds_it_with_its_options(here):
    assert m.arch_options('my_nets:tiny') == {'width': (int, 16, 'channels inside')}
    model = m.build_model('my_nets:tiny', 32, width=8)
    assert model.latent_shape == SHAPE and model.down[1].out_channels == 8
    with pytest.raises(ValueError, match='its options are width'): m.build_model('my_nets:tiny', 32, latent_dim=8)


def test_resuming_gives_what_training_in_one_go_gives(run):
    whole = train('photos', Recipe.quick(**RECIPE), 'runs/whole', device='cpu', quiet=True)
    assert run.finished and len(run.history) == RECIPE['epochs']
    pd.testing.assert_frame_equal(run.history, whole.history)
    a, b = (o.model().state_dict() for o in (run, whole))
    assert a.keys() == b.keys()
    for k in a: assert torch.equal(a[k], b[k]), k


def test_the_run_remembers_the_network(run):
    assert run.recipe.arch == 'my_nets:tiny' and run.recipe.options == {'width': 8}
    assert m.as_model(run).latent_shape == SHAPE and m.as_model(run).down[1].out_channels == 8
    for o in run.latents(): assert o.shape == (N - N_VALID, *SHAPE)
    assert not torch.equal(run.model().up[0].weight, m.build_model('my_nets:tiny', 32, width=8).up[0].weight)


def test_reconstructions_are_the_means_decoded(run, unseen):
    model = run.model()
    q = m.encode_images(model, unseen, bs=3)
    assert q.mean.shape == q.log_var.shape == (N_VALID, *SHAPE)
    assert_close(m.decode_images(model, q.mean, bs=3), m.reconstruct(model, unseen))


def test_evaluate_measures_the_reconstructions(run, unseen):
    model, scores = run.model(), evaluate(run, fd=False)
    error = ((m.reconstruct(model, unseen) - unseen)/2).square().flatten(1).mean(1)
    assert scores['n'] == N_VALID and scores['psnr'] == pytest.approx(-10*error.log10().mean().item(), abs=1e-3)
    q = m.encode_images(model, unseen)
    assert scores['rate'] == pytest.approx(kl_normal(q.mean.flatten(1), q.log_var.flatten(1)).mean().item(), rel=1e-3)
    assert 0 <= scores['active_units'] <= np.prod(SHAPE)


def test_sums_over_a_latent_are_over_all_its_dimensions(run, unseen):
    q = m.encode_images(run.model(), unseen)
    assert_close(rate(q.mean, q.log_var), kl_normal(q.mean.flatten(1), q.log_var.flatten(1)))
    assert active_units(q.mean).numel() == np.prod(SHAPE)
    few, many = (iwae_bound(run.model(), unseen, run.variance, k=k) for k in (1, 64))
    assert few.shape == (N_VALID,) and few.isfinite().all() and many.mean() > few.mean()


def test_interpolate_goes_from_one_reconstruction_to_the_other(run, unseen):
    x = interpolate(run, unseen[0], unseen[1], 5)
    assert x.shape == (5, 3, 32, 32)
    assert_close(x[[0, -1]], m.reconstruct(run.model(), unseen[:2]))
    assert not torch.allclose(x[2], x[0], atol=1e-3)


def test_priors_have_the_shape_of_the_latent(run):
    prior = run.prior()
    assert isinstance(prior, Mixture)
    for o in prior, StandardNormal(SHAPE):
        z = o.sample(3, seed=0)
        assert z.shape == (3, *SHAPE) and torch.equal(z, o.sample(3, seed=0)) and o.log_prob(z).shape == (3,)


def test_sample_decodes_what_the_prior_gives(run):
    x = sample(run, 3, seed=1)
    assert_close(x.cpu(), m.decode_images(run.model(), run.prior().sample(3, seed=1)))
    assert not torch.equal(x, sample(run, 3, seed=2))
    assert sample(run.model(), 3, seed=1).shape == (3, 3, 32, 32)


def onnx(path, **inputs):
    "What an exported network gives, as tensors."
    arrays = {k: v.numpy() for k, v in inputs.items()}
    return [torch.from_numpy(o) for o in onnxruntime.InferenceSession(path).run(None, arrays)]


def test_the_export_computes_the_same(run, unseen, here):
    export_onnx(run, here/'exported', bits=32)
    q = m.encode_images(run.model(), unseen)
    mu, log_var = onnx(here/'exported/encoder.onnx', x=unseen)
    assert_close(mu, q.mean, atol=1e-4, rtol=1e-4)
    assert_close(log_var, q.log_var, atol=1e-4, rtol=1e-4)
    x_hat, = onnx(here/'exported/decoder.onnx', z=q.mean)
    assert_close(x_hat, m.reconstruct(run.model(), unseen), atol=1e-4, rtol=1e-4)
    assert json.loads((here/'exported/meta.json').read_text())['size'] == 32


# The command line

def interrupted(*args, checkpoint):
    "A process that gets Ctrl+C as soon as a file is there; what it complained."
    listen = None if os.name == 'nt' else lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    p = subprocess.Popen([program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    t0 = time.time()
    while not Path(checkpoint).exists() and p.poll() is None and time.time() - t0 < 120: time.sleep(0.05)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and 'Traceback' not in err, out + err
    return err


def assert_used(call, folder, size, shape):
    "Every command that takes a finished run does its work for it."
    out = Path(f'{folder} used')
    assert json.loads(call('evaluate', folder, 'photos', '--json', '--no-fd')[0])['n'] == N_VALID
    call('reconstruct', folder, 'photos', out/'reconstructed')
    assert len(list((out/'reconstructed').glob('*.png'))) == N
    call('interpolate', folder, 'photos/car00.png', 'photos/car01.png', out/'blend.png', '--steps', 4)
    assert (out/'blend.png').stat().st_size
    call('sample', folder, out/'samples', '--n', 3)
    assert [Image.open(o).size for o in sorted((out/'samples').glob('*.png'))] == [(size, size)]*3
    call('export', folder, out/'exported')
    assert onnx(out/'exported/decoder.onnx', z=torch.zeros(2, *shape))[0].shape == (2, 3, size, size)


@pytest.mark.skipif(os.name == 'nt', reason='a signal is sent')
def test_the_command_line_does_it_too(call):
    folder = Path('runs/command')
    words = 'train', 'photos', *COMMAND, '--epochs', '400', '--out', str(folder) # long after its first checkpoint
    err = interrupted(*words, checkpoint=folder/'checkpoint.pt')
    assert not Run(folder).finished
    call(*shlex.split(re.search(r'To go on: car_vae (.*)', err)[1]))
    assert Run(folder).finished and Run(folder).recipe.options == {'width': 8} and len(Run(folder).history) == 400

    assert 'my_nets:tiny' in call('info', folder)[0]
    assert_used(call, folder, 32, SHAPE)


@pytest.mark.parametrize('words, message', [
    (('--arch', 'my_nets:tiny', '--option', 'widht=8'), 'its options are width'),
    (('--arch', 'my_nets:tiny', '--option', 'width=broad'), 'width'),
    (('--arch', 'my_nets:tiny', '--option', 'width'), 'width'),
    (('--arch', 'my_nets:huge'), "'my_nets:huge' is unknown"),
    (('--arch', 'your_nets:tiny'), 'PYTHONPATH')])
def test_a_wrong_network_is_refused_in_words(call, words, message):
    assert message in ' '.join(call('train', 'photos', '--size', 32, *words, '--out', 'runs/never', code=2)[1].split())
    assert not Path('runs/never').exists()


# The course's own network with such a latent

@pytest.mark.parametrize('size', [32, 40])
def test_the_sharp_recipe_goes_the_same_way(call, size):
    folder = Path(f'runs/sharp{size}')
    call('train', 'photos', '--recipe', 'sharp', '--option', 'width=8', '--size', size, '--epochs', 2, '--bs', 8,
         '--out', folder)
    shape = 2, size//4, size//4
    assert Run(folder).recipe.arch == 'grid' and m.as_model(Run(folder)).latent_shape == shape
    assert {'bytes', 'block_pca_psnr'} <= evaluate(folder, fd=False).keys()
    assert_used(call, folder, size, shape)
