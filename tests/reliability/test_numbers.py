"Whatever the numbers are, and whenever somebody says stop: it is said clearly, and what was good before stays."
import json
import math
import multiprocessing
import os
import shlex
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from chain import command_line, contents, servant
from conftest import picture
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from PIL import Image
from torture import only_in_torture

from car_vae.data import scale
from car_vae.flow import fit_flow
from car_vae.run import Recipe, Run
from car_vae.train import fit, read_checkpoint, vae_learner

SIDE, PHOTOS = 32, 12
TINY = '--size', f'{SIDE}', '--latent-dim', '4', '--bs', '4', '--epochs', '4', '--device', 'cpu'
SHARP = '--recipe', 'sharp', *TINY[:2], '--option', 'width=8', '--option', 'groups=4', *TINY[4:]
PATIENCE = 120 # seconds for the first epoch on the slowest machine


def folder_of(*pictures, folder='photos'):
    "A folder of pictures."
    Path(folder).mkdir(parents=True)
    for i, o in enumerate(pictures): o.save(f'{folder}/{i:02}.png')


def one_of(i, image):
    "The same image but for one pixel."
    a = np.array(image)
    a.reshape(-1, 3)[i] = 128
    return Image.fromarray(a)


def different(n): return [picture(i, (SIDE, SIDE)) for i in range(n)]


WHITE = Image.new('RGB', (SIDE, SIDE), 'white')


# Too few images, and images that are alike

TOO_FEW = {'all equal': different(1)*PHOTOS, 'all white': [WHITE]*PHOTOS, 'two': different(2)}


@pytest.mark.parametrize('name', TOO_FEW)
def test_too_few_pictures_are_refused_and_copies_are_named(here, call, name):
    folder_of(*TOO_FEW[name])
    out, err = call('train', 'photos', *TINY, '--out', 'run', code=2)
    assert 'cannot be split' in err and 'copies count once' in err and err.count('\n') == 1
    assert not Run('run').exists
    if 'skipped.json lists all of them' in out:
        (why, names), = json.loads(Path('run/skipped.json').read_text())[str(here/'photos')].items()
        assert (why, len(names)) == ('a copy of 00.png', PHOTOS - 1)
    else: assert name == 'two'


@pytest.mark.parametrize('image', [different(1)[0], WHITE], ids=['a picture', 'white'])
def test_pictures_that_differ_in_one_pixel_are_trained_on(here, call, image):
    folder_of(*(one_of(i, image) for i in range(PHOTOS)))
    out = call('train', 'photos', *TINY, '--out', 'run')[0]
    call('sample', 'run', 'samples', '--n', '2')
    assert f'{PHOTOS} images' in out and 'Careful' not in out and len(list(Path('samples').iterdir())) == 2
    assert np.isfinite(Run('run').history).all(axis=None)


def test_a_batch_may_be_larger_than_the_set(here, call):
    folder_of(*different(PHOTOS))
    sizes = {'fits': 8, 'large': 1000} # 8 of 12 to train on
    for name, bs in sizes.items(): call('train', 'photos', *TINY, '--bs', bs, '--out', name)
    fits, large = (contents(Path(o)/'model.safetensors') for o in sizes)
    assert fits == large


# Numbers that run away

def test_a_training_that_ran_away_says_so(here, call):
    folder_of(*different(PHOTOS))
    assert 'Careful' not in call('train', 'photos', *TINY, '--out', 'well')[0]
    out = call('train', 'photos', *TINY, '--lr', 1000, '--out', 'away')[0]
    assert 'this model has learned nothing' in out and '--lr 3.3e+02' in out


def test_a_loss_that_is_nan_keeps_the_epoch_before(here, call):
    folder_of(*different(PHOTOS))
    err = call('train', 'photos', *SHARP, '--lr', 1000, '--out', 'run', code=2)[1]
    assert 'third of the learning rate' in err and 'A checkpoint of the epoch before is kept' in err
    assert 'Exception' not in err and err.count('\n') == 1
    state = read_checkpoint('run')
    assert state['epochs'] == len(Run('run').history) > 0
    assert all(o.isfinite().all() for o in state['model'].values())


def test_a_prior_that_becomes_nan_does_not_take_the_place_of_a_good_one(here, call):
    folder_of(*different(PHOTOS))
    call('train', 'photos', *TINY, '--out', 'run')
    kinds = dict(steps=20, width=16, depth=1, bs=8, device='cpu')
    fit_flow('run', **kinds)
    before = Path('run/prior.safetensors').read_bytes()
    with pytest.raises(FloatingPointError, match='third of the learning rate'): fit_flow('run', lr=1000., **kinds)
    assert Path('run/prior.safetensors').read_bytes() == before and not Path('run/flow.pt').exists()


class Pictures:
    "Somebody's own dataset; the image of number `bad` is NaN from some look at it on."
    def __init__(self, first, n, bad=None, looks=0):
        self.x = scale(torch.from_numpy(np.stack([np.array(picture(first + i, (SIDE, SIDE))) for i in range(n)])
                                        .transpose(0, 3, 1, 2)))
        self.bad, self.looks = bad, looks

    def __len__(self): return len(self.x)

    def __getitem__(self, i):
        self.looks -= i == self.bad
        x = self.x[i]*math.nan if i == self.bad and self.looks < 0 else self.x[i]
        return x, x


@pytest.mark.parametrize('bad', ['training', 'held out'])
def test_nan_in_an_image_is_not_blamed_on_the_learning_rate(here, bad):
    late = dict(bad=5, looks=6) # the third epoch or so, after the looks that are taken before the first one
    data = [Pictures(0, 8, **late if bad == 'training' else {}), Pictures(8, 8, **late if bad == 'held out' else {})]
    dls = DataLoaders(*(DataLoader(o, bs=4) for o in data), device=torch.device('cpu'))
    recipe = Recipe.quick(size=SIDE, latent_dim=4, bs=4, epochs=20)
    with pytest.raises(FloatingPointError, match='An image holds NaN or infinity') as e:
        fit(vae_learner(dls, recipe), recipe, 'run', quiet=True)
    assert 'learning rate' not in str(e.value) and read_checkpoint('run')['epochs'] > 0


# Stop

@pytest.fixture
def shoot(here):
    "Two folders: one with photos, and another one."
    folder_of(*different(PHOTOS), folder='first/photos')
    Path('other').mkdir()
    return here/'first', here/'other'


def begin(*args):
    "Begin the command line in a process of its own."
    process = servant().Process(target=command_line, args=args)
    process.start()
    return process


def ended(process, code):
    process.join(PATIENCE)
    assert process.exitcode == code


def said(file): return file.read_text() if file.exists() else ''


def line_of(err):
    "The words of the line that goes on."
    return shlex.split(err.partition('Interrupted. To go on: car_vae ')[2])


@pytest.mark.skipif('forkserver' not in multiprocessing.get_all_start_methods(), reason='processes as Unix has them')
@pytest.mark.parametrize('name', [pytest.param('SIGINT', marks=only_in_torture), 'SIGTERM'])
def test_a_signal_leaves_a_checkpoint_and_a_line_for_any_folder(shoot, name):
    (first, other), began, number = shoot, time.time(), signal.Signals[name]
    words = 'train', 'photos', *TINY, '--epochs', '30' # whose first checkpoint is due after 30 seconds
    process = begin(first, first/'halves', *words, '--out', 'halves')
    while 'epoch 1/' not in said(first/'halves.out') and time.time() - began < PATIENCE: time.sleep(0.01)
    os.kill(process.pid, number)
    ended(process, 128 + number)
    err = said(first/'halves.err')
    assert 'Traceback' not in err and 0 < read_checkpoint(first/'halves')['epochs'] < 30
    ended(begin(other, first/'rest', *line_of(err)), 0)
    ended(begin(first, first/'whole', *words, '--out', 'whole'), 0)
    for o in 'model.safetensors', 'latents.safetensors', 'history.csv':
        assert contents(first/'whole'/o) == contents(first/'halves'/o), o
    assert list(other.iterdir()) == []


def test_what_has_not_begun_is_begun_from_any_folder(shoot, call, monkeypatch):
    (first, other), run = shoot, Run(shoot[0]/'runs/photos-quick')
    def line(what, *words):
        "What is said in the first folder where something is interrupted"
        def stop(*args, **kwargs): raise KeyboardInterrupt
        with monkeypatch.context() as m:
            m.setattr(what, stop)
            m.chdir(first)
            return line_of(call(*words, code=130)[1])
    monkeypatch.chdir(other)
    call(*line('car_vae.data._row', 'train', 'photos', *TINY, '--lr', '0.002', '--crop'))
    assert run.finished and (run.recipe.lr, run.recipe.bs, run.prepare.crop) == (0.002, 4, True)
    call(*line('car_vae.flow.train_velocity', 'prior', 'runs/photos-quick', '--minutes', 0.01))
    assert run.has_prior and list(other.iterdir()) == []


def test_the_line_keeps_what_the_run_does_not(shoot, call, monkeypatch):
    def stop(*args, **kwargs): raise KeyboardInterrupt
    monkeypatch.chdir(shoot[0])
    monkeypatch.setattr('car_vae.train.RunFolder.after_epoch', stop)
    words = '--device', 'cpu', '--save-every', '7', '--extra', 'photos' # all of them copies
    err = call('train', 'photos', *TINY, *words, code=130)[1]
    for o in '--resume', '--device cpu', '--save-every 7', f'--extra {shoot[0]}/photos': assert o in err
    assert '--bs' not in err
