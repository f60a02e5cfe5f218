"Runs that come with the package: small, as good as they say, and taken by every command that takes a run."
import json

import pretrained
import pytest
import torch
from PIL import Image

from car_vae.cars import embedded_cars
from car_vae.data import scale
from car_vae.latent import sample
from car_vae.metrics import psnr
from car_vae.run import PRETRAINED, PRIOR, Run, pretrained_names, read_tensors, write_tensors

NAME, SLACK = 'cars-sharp', 0.05 # dB, between machines
each_name = pytest.mark.parametrize('name', pretrained_names())


@pytest.fixture(scope='module')
def here(tmp_path_factory):
    "A working folder with five fresh cars. The 4,000 of the training are in the usual cache, or rendered into it."
    folder = tmp_path_factory.mktemp('pretrained')
    (folder/'photos').mkdir()
    for i, o in enumerate(embedded_cars(5, 64, pretrained.FRESH, progress=False)[0]):
        Image.fromarray(o.transpose(1, 2, 0)).save(folder/f'photos/{i}.png')
    with pytest.MonkeyPatch.context() as m:
        m.chdir(folder)
        m.setenv('OMP_NUM_THREADS', '1')
        yield folder


def changed(tensors, part=1e-4):
    "Weights that no number of 16 bits hits exactly."
    return {k: o*(1 + part*torch.randn_like(o)) for k, o in tensors.items()}


# What is there

def test_all_of_them_are_light():
    assert NAME in pretrained_names()
    assert sum(f.stat().st_size for f in PRETRAINED.rglob('*') if f.is_file()) < 8e6


@each_name
def test_it_holds_halves_and_no_path(name):
    run = Run(PRETRAINED/name)
    assert run.source == ('cars', '') and run.extra is None and '/' not in json.dumps(run.config)
    assert len(run.seen) == run.config['n_train'] and len(run.history) == run.recipe.epochs
    assert (run/'model.safetensors').stat().st_size < 2.2*run.config['parameters']


@each_name
def test_it_is_as_good_as_it_says(name):
    run = Run(PRETRAINED/name)
    assert pretrained.reached(run) > run.config['reached']['psnr'] - SLACK


def test_it_draws_what_it_is_asked_for():
    red, navy = (sample(Run(PRETRAINED/NAME), 4, seed=0, style='van', paint=o) for o in ('red', 'navy'))
    assert (red - navy)[:, 0].mean() > 0.1 and (navy - red)[:, 2].mean() > 0.1


# Copies

def test_a_copy_of_ones_own_stays_and_that_in_the_cache_is_as_it_came(tmp_path, monkeypatch):
    monkeypatch.setenv('CAR_VAE_CACHE', str(tmp_path/'cache'))
    mine, cached = Run.pretrained(NAME, tmp_path/'mine'), Run.pretrained(NAME)
    whole = (cached/PRIOR).read_bytes()
    for run in mine, cached: (run/PRIOR).write_bytes(b'changed')
    assert (Run.pretrained(NAME, mine)/PRIOR).read_bytes() == b'changed'
    assert (Run.pretrained(NAME)/PRIOR).read_bytes() == whole == (PRETRAINED/NAME/PRIOR).read_bytes()


# Every command

def test_commands_take_it_by_its_name(here, call):
    run = f'pretrained:{NAME}'
    assert '(finished)' in call('info', run)[0]
    assert '5 reconstructions of 64x64' in call('reconstruct', run, 'photos', 'rec')[0]
    call('interpolate', run, 'photos/0.png', 'photos/1.png', 'blend.gif', '--steps', 3)
    call('sample', run, 'vans', '--n', 2, '--ask', 'style=van paint=red')
    assert len(list((here/'vans').iterdir())) == 2
    assert 'choose' in call('sample', 'pretrained:boats', 'boats', code=2)[1]


def test_what_was_held_out_is_known_and_latents_are_encoded_anew(here, call):
    scores = json.loads(call('evaluate', f'pretrained:{NAME}', '--no-fd', '--json')[0])
    run = Run(PRETRAINED/NAME)
    assert scores['n'] == run.config['n_valid']
    assert scores['psnr'] == pytest.approx(run.config['reached']['psnr'], abs=0.5) # of fewer cars
    call('export', f'pretrained:{NAME}', 'onnx')
    assert {'encoder.onnx', 'decoder.onnx', 'sketch.onnx'} <= {o.name for o in (here/'onnx').iterdir()}
    assert not (run/'latents.safetensors').exists()


# How one is made

def test_halves_reconstruct_and_sketch_alike(tmp_path):
    run = Run.pretrained(NAME, tmp_path/'run')
    for name in pretrained.MODEL, PRIOR:
        tensors, meta = read_tensors(run/name)
        write_tensors(run/name, changed(tensors), meta)
    halves = pretrained.pack(run, tmp_path/'halves')
    assert {o.name for o in halves.folder.iterdir()} == {'config.json', pretrained.MODEL, PRIOR, *pretrained.KEPT}
    assert pretrained.reached(halves) == pytest.approx(pretrained.reached(run), abs=0.01)
    x = scale(torch.from_numpy(embedded_cars(5, 64, pretrained.FRESH, progress=False)[0]))
    assert psnr(*(o.model().reconstruct(x) for o in (run, halves))).min() > 50
    assert psnr(*(sample(o, 4, seed=0, style='van', paint='red') for o in (run, halves))).min() > 50
    assert (halves/PRIOR).stat().st_size < 0.51*(run/PRIOR).stat().st_size


def test_only_runs_of_embedded_cars_are_packed_and_none_that_halves_spoil(tmp_path):
    run = Run.pretrained(NAME, tmp_path/'run')
    tensors, meta = read_tensors(run/pretrained.MODEL)
    tensors['encoder.1.bias'][0] = 1e5 # more than a half can be
    write_tensors(run/pretrained.MODEL, tensors, meta)
    with pytest.raises(ValueError, match='In halves'): pretrained.pack(run, tmp_path/'halves')
    (run/'config.json').write_text(json.dumps(run.config | dict(source=dict(kind='folder', where='photos'))))
    with pytest.raises(ValueError, match='embedded cars alone'): pretrained.pack(Run(run), tmp_path/'halves')
