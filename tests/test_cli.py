"""The command line as a user meets it: a process with arguments, files, an exit code and what it prints."""
import inspect
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from conftest import picture
from PIL import Image
from safetensors.numpy import load_file

from car_vae import __version__
from car_vae.cli import app, main
from car_vae.data import Preparation
from car_vae.run import Run

COMMANDS = ('demo', 'train', 'networks', 'info', 'evaluate', 'card', 'reconstruct', 'interpolate', 'prior', 'sample',
            'export', 'cache')
TINY = '--size', '32', '--latent-dim', '4', '--bs', '8', '--epochs', '12', '--save-every', '0'
program = str(Path(sys.executable).with_name('car_vae'))


def start(*args):
    "A process that can be interrupted, also where this one ignores Ctrl+C because it runs in the background."
    listen = None if os.name == 'nt' else lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen([program, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=listen)


def run(*args, code=0):
    "Standard output and standard error of a process that has to end with `code`."
    p = start(*args)
    try: out, err = p.communicate(timeout=120)
    finally: p.kill()
    assert p.returncode == code, out + err
    assert 'Traceback' not in out + err and 'Warning' not in out + err
    return out, err


@pytest.fixture(scope='module')
def here(tmp_path_factory):
    "A working folder: 30 photos of several formats, a file that is none, all as a zip file too, and a cache."
    folder = tmp_path_factory.mktemp('cli')
    (folder / 'photos').mkdir()
    for i in range(30):
        picture(i, (48, 40) if i % 2 else (36, 64)).save(folder / f"photos/car{i:02}.{'png' if i % 3 else 'jpg'}")
    (folder / 'photos/broken.jpg').write_text('not an image')
    with ZipFile(folder / 'photos.zip', 'w') as z:
        for f in (folder / 'photos').iterdir(): z.write(f, f'photos/{f.name}')
    with pytest.MonkeyPatch.context() as m:
        m.chdir(folder)
        m.setenv('CAR_VAE_CACHE', str(folder / 'cache'))
        m.setenv('OMP_NUM_THREADS', '1')
        yield folder


@pytest.fixture(scope='module')
def trained(here):
    "A finished run and what its training printed."
    return Path('runs/photos-quick'), run('train', 'photos', *TINY)[0]


# Help

def test_importing_the_commands_imports_nothing_heavy():
    heavy = 'torch', 'fastai', 'numpy', 'pandas', 'PIL', 'matplotlib'
    code = f'import sys, car_vae.cli; print([o for o in {heavy} if o in sys.modules])'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          check=True).stdout.strip() == '[]'


def test_help_lists_the_commands_and_each_has_an_example(call):
    text = run()[0]
    assert text == call('--help')[0]
    assert [m for m in re.findall(r'^  (\w+)  ', text,
                                  re.M) if m in COMMANDS] == list(COMMANDS) and '...' not in text.split('Commands:')[1]
    for command in COMMANDS: assert f'Example:  car_vae {command}' in ' '.join(call(command, '--help')[0].split(' '))


def test_every_parameter_is_explained():
    for c in app.registered_commands:
        for p in inspect.signature(c.callback).parameters.values():
            assert len((p.annotation.__metadata__[0].help or '').split()) > 2, f'{c.callback.__name__} {p.name}'


def test_version(): assert run('--version')[0] == f'car_vae {__version__}\n'


# Training

def test_train_says_what_it_read_and_how_good_it_became(trained):
    folder, text = trained
    assert '30 images of 32x32 from photos, 1 skipped' in text and 'skipped broken.jpg' in text
    assert re.search(r'Held-out PSNR \d+\.\d+ dB over 9 images; PCA with 4 components: \d+\.\d+ dB', text)
    for name in 'config.json', 'model.safetensors', 'history.csv', 'checkpoint.pt', 'loss.png', 'reconstructions.png':
        assert (folder / name).stat().st_size


def test_the_next_commands_work_as_printed(trained, call):
    lines = [shlex.split(o) for o in re.findall(r'^  car_vae (.*)', trained[1], re.M)]
    assert [o[0] for o in lines] == ['info', 'evaluate', 'reconstruct', 'interpolate', 'sample']
    for words in lines: call(*words)
    assert len(list(Path('samples').iterdir())) == 64


# Evaluation

SCORES = {'n', 'psnr', 'ssim', 'rate', 'distortion', 'elbo', 'bits_per_dim', 'active_units'}


def test_card_says_what_a_model_is(trained, call):
    out = call('card', trained[0], 'photos', '--no-fd', '--licence', 'cc0-1.0')[0]
    text = (trained[0] / 'README.md').read_text(encoding='utf-8')
    assert str(trained[0] / 'README.md') in out and 'license: cc0-1.0' in text and '21 images from `photos`' in text
    assert str(Path.cwd()) not in text


def test_evaluate_measures_what_was_held_out(trained, call):
    scores = json.loads(call('evaluate', trained[0], 'photos', '--json', '--no-fd')[0])
    assert SCORES <= set(scores) and scores['n'] == 9
    assert scores['elbo'] == pytest.approx(-scores['rate'] - scores['distortion'])
    assert f"Held-out PSNR {scores['psnr']:.2f} dB over 9 images" in trained[1]


def test_evaluate_measures_all_of_a_new_folder_and_leaves_out_copies_of_the_training(trained, call, here):
    (here / 'others').mkdir()
    for i in range(100, 105): picture(i, (40, 40)).save(here / f'others/new{i}.png')
    scores = json.loads(call('evaluate', trained[0], 'others', '--json', '--no-fd')[0])
    assert scores['n'] == 5 and 'pca_psnr' in scores
    for f in (here / 'photos').glob('car*'): shutil.copy(f, here / 'others' / f'copied_{f.name}')
    assert json.loads(call('evaluate', trained[0], 'others', '--json', '--no-fd')[0])['n'] == 5 + 9
    assert 'not one of them trained on' in call('evaluate', trained[0], 'others', '--no-fd')[0]


def test_evaluate_needs_a_run_and_images(trained, call):
    assert 'is not a run folder' in call('evaluate', 'photos', 'photos', code=2)[1]
    assert 'No such file or folder: nowhere' in call('evaluate', trained[0], 'nowhere', code=2)[1]


def test_extra_images_are_trained_on_and_never_held_out(here, call):
    (here / 'more').mkdir()
    for i in range(200, 212): picture(i, (40, 40)).save(here / f'more/{i}.png')
    text = call('train', 'photos', '--extra', 'more', *TINY, '--out', 'runs/extra')[0]
    assert '12 images of 32x32 from more' in text and 'over 9 images' in text
    assert json.loads((here / 'runs/extra/config.json').read_text())['n_train'] == 21 + 12
    assert 'trained on all 12 images' in call('evaluate', 'runs/extra', 'more', code=2)[1]


# Other commands

def test_info(trained):
    text = run('info', trained[0])[0]
    for o in ('(finished)', '12 of 12', 'compact', 'latent_dim 4', 'learning rate 0.004',
              '21 to train on and 9 held out, 32x32, from photos', f'car_vae {__version__}', 'torch'):
        assert o in text


def test_minutes_fit_the_schedule_to_the_machine(here):
    out, _ = run('train', 'photos.zip', '--size', 32, '--latent-dim', 4, '--bs', 8, '--minutes', 0.2, '--out',
                 'runs/zip')
    assert '30 images of 32x32 from photos.zip' in out
    epochs = json.loads((here / 'runs/zip/config.json').read_text())['recipe']['epochs']
    assert f'epoch {epochs}/{epochs}' in out


@pytest.mark.skipif(os.name == 'nt', reason='a signal is sent')
def test_resume_after_an_interrupt_gives_the_same_weights(trained, tmp_path, monkeypatch):
    p, t0 = start('train', 'photos', *TINY, '--out', 'runs/two halves'), time.time()
    while not Path('runs/two halves/checkpoint.pt').exists() and p.poll() is None and time.time() - t0 < 120:
        time.sleep(0.05)
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=60)
    assert p.returncode == 130 and 'Traceback' not in err
    words = shlex.split(re.search(r'To go on: car_vae (.*)', err)[1])
    assert 'not finished' in run('info', 'runs/two halves')[0]
    assert not Path('runs/two halves/model.safetensors').exists()
    with monkeypatch.context() as m:
        m.chdir(tmp_path)
        run(*words)
    for name in 'model.safetensors', 'latents.safetensors':
        whole, halves = (load_file(o / name) for o in (trained[0], Path('runs/two halves')))
        assert whole.keys() == halves.keys()
        for k in whole: assert (whole[k] == halves[k]).all(), f'{name}: {k}'
    assert Path('runs/two halves/history.csv').read_text() == (trained[0] / 'history.csv').read_text()


def test_a_finished_run_is_left_as_it_is(trained, call):
    model = (trained[0] / 'model.safetensors')
    before = model.read_bytes()
    assert 'finished already' in call('train', 'photos', '--resume')[0]
    assert 'holds a run already' in call('train', 'photos', code=2)[1]
    assert model.read_bytes() == before


def test_a_run_is_resumed_as_it_began(trained, call):
    assert 'leave out --size, --lr' in call('train', 'photos', '--resume', '--size', 64, '--lr', 0.1, code=2)[1]
    Path('fewer').mkdir()
    for i in range(10): picture(i, (40, 40)).save(f'fewer/{i}.png')
    assert 'other training images' in call('train', 'fewer', '--resume', '--out', trained[0], code=2)[1]


def test_options_arrive_in_the_run(here, call):
    call('train', 'photos', '--recipe', 'classic', '--arch', 'compact', '--size', 64, '--latent-dim', 6, '--bs', 5,
         '--lr', 0.002, '--seed', 3, '--epochs', 1, '--device', 'cpu', '--out', 'runs/options')
    text = call('info', 'runs/options')[0]
    for o in ('classic: compact network', 'latent_dim 6', 'batch 5', 'learning rate 0.002', 'seed 3', '1 of 1', '64x64',
              'cpu'):
        assert o in text


# Pictures

def png_sizes(folder): return {f.name: Image.open(f).size for f in Path(folder).iterdir()}


def test_reconstruct_a_folder(trained):
    Path('rec').mkdir()
    Path('rec/mine.txt').write_text('keep')
    text = run('reconstruct', trained[0], 'photos', 'rec')[0]
    assert 'skipped broken.jpg' in text and Path('rec/mine.txt').read_text() == 'keep'
    Path('rec/mine.txt').unlink()
    assert png_sizes('rec') == {f'car{i:02}.png': (32, 32) for i in range(30)}


def test_reconstruct_a_zip_or_one_file_gives_the_same(trained, call):
    call('reconstruct', trained[0], 'photos.zip', 'rec zip')
    call('reconstruct', trained[0], 'photos/car03.jpg', 'rec one')
    assert len(png_sizes('rec zip')) == 30 and png_sizes('rec one') == {'car03.png': (32, 32)}
    a, b = (np.array(Image.open(f'{o}/car03.png')).astype(int) for o in ('rec zip', 'rec one'))
    assert abs(a - b).max() <= 1


def test_reconstruct_loses_no_image(trained, call):
    for folder in 'clash/a', 'clash/b': Path(folder).mkdir(parents=True)
    picture(1, (40, 40)).save('clash/a/one.png')
    picture(2, (40, 40)).save('clash/b/one.jpg')
    assert 'would both become one.png' in call('reconstruct', trained[0], 'clash', 'rec clash',
                                               code=2)[1] and not Path('rec clash').exists()
    before = Path('clash/a/one.png').read_bytes()
    assert 'another folder' in call('reconstruct', trained[0], 'clash/a', 'clash/a', code=2)[1]
    assert 'another folder' in call('reconstruct', trained[0], 'clash/a/one.png', 'clash/a', code=2)[1]
    assert Path('clash/a/one.png').read_bytes() == before


def test_interpolate_makes_an_animation(trained):
    run('interpolate', trained[0], 'photos/car00.jpg', 'photos/car01.png', 'new/blend.gif', '--steps', 6)
    with Image.open('new/blend.gif') as gif:
        assert gif.size == (32, 32) and 2 <= gif.n_frames <= 10
        durations = [gif.seek(i) or gif.info['duration'] for i in range(gif.n_frames)]
    # six steps there, four back; frames that look the same are merged
    assert len(set(durations)) <= 3 and sum(durations) == 10*80


def test_interpolate_makes_a_strip(trained, call):
    for args, name in ((), 'line.png'), (('--spherical',), 'arc.PNG'):
        call('interpolate', trained[0], 'photos/car00.jpg', 'photos/car01.png', name, '--steps', 5, *args)
    line, arc = (np.array(Image.open(o)).astype(int) for o in ('line.png', 'arc.PNG'))
    assert line.shape == (36, 5*34 + 2, 3)
    assert not (line[:, :34] - arc[:, :34]).any(), 'both begin with the first image'
    call('reconstruct', trained[0], 'photos/car00.jpg', 'ends')
    assert abs(line[2:34, 2:34] - np.array(Image.open('ends/car00.png')).astype(int)).max() <= 1


def test_sample(trained):
    Path('dreams').mkdir()
    Path('dreams/mine.txt').write_text('keep')
    run('sample', trained[0], 'dreams', '--n', 5)
    assert Path('dreams/mine.txt').read_text() == 'keep'
    Path('dreams/mine.txt').unlink()
    assert png_sizes('dreams') == {f'{i:05}.png': (32, 32) for i in range(5)}


def test_sample_follows_its_seed_and_density(trained, call):
    def pictures(name, *args):
        call('sample', trained[0], name, '--n', 3, *args)
        return [f.read_bytes() for f in sorted(Path(name).iterdir())]
    first = pictures('s1')
    assert pictures('s2') == first
    assert pictures('s3', '--seed', 1) != first and pictures('s4', '--standard-normal') != first
    assert pictures('s5', '--details', 'photos') != first and pictures('s6', '--details', 'photos/car03.jpg') != first


@pytest.fixture
def copied(trained):
    "A copy of the run, to be changed"
    shutil.copytree(trained[0], 'copied')
    yield Path('copied')
    shutil.rmtree('copied')


def test_prior(copied, call):
    def pictures(name):
        call('sample', copied, name, '--n', 3)
        return [f.read_bytes() for f in sorted(Path(name).iterdir())]
    before = pictures('mixture')
    assert 'car_vae sample copied' in call('prior', copied, '--minutes', 0.01)[0]
    assert pictures('flow') != before and type(Run(copied).prior()).__name__ == 'Flow'
    assert not (copied/'flow.pt').exists()


def test_interrupted_prior_goes_on(copied, call, monkeypatch):
    import car_vae.flow as flow
    step, taken = flow._step, []
    def stopped(*args):
        taken.append(1)
        if len(taken) == 5: raise KeyboardInterrupt
        return step(*args)
    monkeypatch.setattr(flow, '_step', stopped)
    monkeypatch.setattr(flow, 'stage', partial(flow.stage, every=0))
    err = call('prior', copied, '--minutes', 0.05, code=130)[1]
    assert f'To go on: car_vae prior {copied.absolute()} --minutes 0.05' in err
    assert (copied/'flow.pt').exists() and not Run(copied).has_prior
    call('prior', copied, '--minutes', 0.05)
    assert Run(copied).has_prior and not (copied/'flow.pt').exists()


def test_export(trained, call):
    out = call('export', trained[0], 'onnx')[0]
    assert {o.name for o in Path('onnx').iterdir()} == {'encoder.onnx', 'decoder.onnx',
                                                        'meta.json'} and 'decoder.onnx (' in out
    small = Path('onnx/decoder.onnx').stat().st_size
    call('export', trained[0], 'onnx', '--full')
    assert Path('onnx/decoder.onnx').stat().st_size > 1.8*small
    assert 'name a folder' in call('export', trained[0], 'photos.zip', code=2)[1]


def test_export_says_what_to_install(trained, call, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxscript', None)
    err = call('export', trained[0], 'no onnx', code=2)[1]
    assert 'pip install "car_vae[export]"' in err and 'unexpected' not in err and not Path('no onnx').exists()


def test_exported_files_answer_as_the_model_does(trained, call):
    call('export', trained[0], 'served')
    call('reconstruct', trained[0], 'photos/car03.jpg', 'as torch')
    encoder, decoder = (onnxruntime.InferenceSession(f'served/{o}.onnx') for o in ('encoder', 'decoder'))
    x = Preparation(32).read('photos/car03.jpg')[None].astype(np.float32)
    x_hat, = decoder.run(None, {'z': encoder.run(None, {'x': (x - 127.5)/127.5})[0]})
    picture = np.array(Image.open('as torch/car03.png')).transpose(2, 0, 1).astype(int)
    assert abs(np.round(x_hat[0]*127.5 + 127.5) - picture).max() <= 3


def test_demo(here, call):
    out = run('demo', '--out', 'outputs/demo', '--cars', 120, '--minutes', 0.05)[0]
    assert len(re.findall(r'(vector|sharp): Held-out PSNR .* PCA', out)) == 2 and 'nbs/00_first_vae.ipynb' in out
    pictures = 'reconstructions.png', 'interpolation.gif', 'samples.png', 'asked.png', 'turntable.gif', 'sharp/loss.png'
    for name in pictures: assert name in out and Image.open(f'outputs/demo/{name}').size > (60, 60)
    assert Image.open('outputs/demo/reconstructions.png').size == (10*66 + 2, 3*66 + 2)
    assert Image.open('outputs/demo/asked.png').size == (8*66 + 2, 7*66 + 2)
    weights = [Path(f'outputs/demo/{o}') for o in ('vector/model.safetensors', 'sharp/model.safetensors',
                                                   'sharp/prior.safetensors')]
    before = [f.read_bytes() for f in weights]
    Path('outputs/demo/samples.png').unlink()
    assert 'anew' in call('demo')[0] and Path('outputs/demo/samples.png').exists()
    assert [f.read_bytes() for f in weights] == before


def test_demo_leaves_other_runs_alone(trained, call):
    assert 'another run' in call('demo', '--out', trained[0], code=2)[1]


# Bad input

BAD = {
    'no such command': 'trian photos',
    'no such option': 'train photos --speed 3',
    'missing argument': 'train',
    'no such source': 'train nowhere',
    'size 0': 'train photos --size 0',
    'size not a multiple of 32': 'train photos --size 40 --out runs/bad',
    'epochs -1': 'train photos --epochs -1',
    'batch 0': 'train photos --bs 0',
    'learning rate 0': 'train photos --lr 0',
    'learning rate nan': 'train photos --lr nan',
    'minutes 0': 'train photos --minutes 0',
    'latents 0': 'train photos --latent-dim 0',
    'unknown recipe': 'train photos --recipe slow',
    'unknown network': 'train photos --arch resnet',
    'unknown device': 'train photos --device tpu9 --out runs/bad',
    'epochs and minutes': 'train photos --epochs 3 --minutes 1 --out runs/bad',
    'nothing to resume': 'train photos --resume --out runs/nothing',
    'a file as the run': 'train photos --out photos/car00.jpg',
    'no image in the source': 'train empty --out runs/bad',
    'a text file as the source': 'train photos/broken.jpg --out runs/bad',
    'not a run': 'info photos',
    'no run': 'sample runs/nothing out',
    'damaged run': 'info damaged',
    'no images': 'reconstruct {run} nowhere out',
    'only unreadable images': 'reconstruct {run} photos/broken.jpg out',
    'unreadable image': 'interpolate {run} photos/car00.jpg photos/broken.jpg out.gif',
    'unknown ending': 'interpolate {run} photos/car00.jpg photos/car01.png out.bmp',
    'one step': 'interpolate {run} photos/car00.jpg photos/car01.png out.gif --steps 1',
    'output is an input': 'interpolate {run} photos/car00.jpg photos/car01.png photos/car01.png',
    'no samples': 'sample {run} out --n 0',
    'no minutes': 'prior {run} --minutes 0',
    'no run for a prior': 'prior photos',
    'no details': 'sample {run} out --details nowhere',
    'unknown wish': 'sample {run} out --ask colour=red',
    'no such style': 'sample {run} out --ask style=lorry',
    'a wish to a mixture': 'sample {run} out --ask "style=van paint=red"',
    'guidance for nothing': 'sample {run} out --guidance 1',
    'nothing to export': 'export photos out',
    'a file for the export': 'export {run} photos/car00.jpg',
    'a file as the folder': 'sample {run} photos/car00.jpg',
}

@pytest.fixture(scope='module')
def around(here):
    "What the bad lines name."
    for name in 'empty', 'damaged': Path(name).mkdir()
    Path('damaged/config.json').write_text('{')
    return sorted(here.rglob('*'))


@pytest.mark.parametrize('name', BAD)
def test_bad_input_ends_with_2_and_one_clear_line(trained, around, call, name):
    words = shlex.split(BAD[name].format(run=trained[0]))
    before = Path('photos/car01.png').read_bytes()
    heavy = name in ('a text file as the source', 'unknown device', 'only unreadable images', 'a file as the folder',
                     'a file for the export')
    _, err = (call if heavy else run)(*words, code=2)
    assert err.startswith('Error: ') and err.endswith('.\n') and err.count('\n') == 1 and len(err) > 20, err
    assert 'Traceback' not in err and 'Errno' not in err
    assert not any(Path(o).exists() for o in ('runs/bad', 'out', 'out.gif',
                                              'out.bmp')) and Path('photos/car01.png').read_bytes() == before


def test_an_unforeseen_error_ends_with_1_and_says_how_to_see_more(trained, call, monkeypatch):
    def unforeseen(*args): raise RuntimeError('the roof fell in')
    monkeypatch.setattr('car_vae.latent.sample', unforeseen)
    err = call('sample', trained[0], 'out', code=1)[1]
    assert err.count('\n') == 1 and f'`car_vae --debug sample {trained[0]} out` shows where' in err
    with pytest.raises(RuntimeError, match='the roof'): main(['--debug', 'sample', str(trained[0]), 'out'])


@pytest.mark.parametrize('name', ['model.safetensors', 'config.json', 'checkpoint.pt', 'history.csv'])
def test_a_cut_file_is_named_and_the_remedy_too(trained, call, name):
    shutil.copytree(trained[0], 'cut')
    f = Path('cut') / name
    f.write_bytes(f.read_bytes()[:len(f.read_bytes())//2])
    words = ['train', 'photos', '--resume', '--out',
             'cut'] if name == 'checkpoint.pt' else ['info' if 'csv' in name else 'sample', 'cut',
                                                     'out'][:2 if 'csv' in name else 3]
    if name == 'checkpoint.pt': Path('cut/model.safetensors').unlink()
    err = call(*words, code=2)[1]
    shutil.rmtree('cut')
    assert f'{name} is damaged' in err and re.search('(?i)delete|restore|resume', err), err


# What a run knows of its images

def spoilt(seed):
    "A small dark car on a wide white ground: cropped, it looks otherwise."
    img = Image.new('RGB', (120, 80), 'white')
    img.paste(picture(seed, (40, 40)).resize((50, 30)), (50 + seed % 10, 40))
    return img


def test_crop_is_remembered(here, call):
    Path('wide').mkdir()
    for i in range(20): spoilt(i).save(f'wide/{i}.png')
    call('train', 'wide', *TINY, '--crop', '--out', 'runs/crop')
    assert '(crop)' in call('info', 'runs/crop')[0]
    call('reconstruct', 'runs/crop', 'wide', 'rec crop')
    call('reconstruct', 'runs/crop', 'wide/3.png', 'rec crop one')
    assert Path('rec crop/3.png').read_bytes() == Path('rec crop one/3.png').read_bytes()
    call('export', 'runs/crop', 'onnx crop')
    meta = json.loads(Path('onnx crop/meta.json').read_text())
    assert meta['preprocessing']['crop']
    encoder, decoder = (onnxruntime.InferenceSession(f'onnx crop/{o}.onnx') for o in ('encoder', 'decoder'))
    x = Preparation(32, crop=True).read('wide/3.png')[None].astype(np.float32)
    x_hat, = decoder.run(None, {'z': encoder.run(None, {'x': (x - 127.5)/127.5})[0]})
    drawn = np.array(Image.open('rec crop/3.png')).transpose(2, 0, 1).astype(int)
    assert abs(np.round(x_hat[0]*127.5 + 127.5) - drawn).max() <= 3
    call('interpolate', 'runs/crop', 'wide/3.png', 'wide/4.png', 'crop.png', '--steps', 2)
    assert abs(np.array(Image.open('crop.png'))[2:34, 2:34].astype(int) - drawn.transpose(1, 2, 0)).max() <= 1
    assert 'leave out --crop' in call('train', 'wide', '--resume', '--crop', '--out', 'runs/crop', code=2)[1]


def test_a_run_inside_its_source_is_no_source(here, call, monkeypatch):
    Path('inside').mkdir()
    for i in range(10): picture(i, (40, 40)).save(f'inside/{i}.png')
    monkeypatch.chdir('inside')
    call('train', '.', *TINY)
    call('reconstruct', 'runs/inside-quick', '.', 'reconstructed')
    call('sample', 'runs/inside-quick', 'new', '--n', 4)
    call('interpolate', 'runs/inside-quick', '1.png', '2.png', 'blend.gif')
    assert json.loads(call('evaluate', 'runs/inside-quick', '.', '--no-fd', '--json')[0])['n'] == 3


def test_a_run_finds_its_own_source_and_no_other(here, call, monkeypatch):
    for name in 'a', 'home/a': Path(name).mkdir(parents=True)
    for i in range(10): picture(i, (40, 40)).save(f'a/{i}.png')
    for i in range(50, 60): picture(i, (40, 40)).save(f'home/a/private{i}.png')
    call('train', 'a', *TINY)
    monkeypatch.chdir('home')
    monkeypatch.setenv('CAR_VAE_CACHE', str(here / 'empty cache'))
    scores = json.loads(call('evaluate', '../runs/a-quick', '--no-fd', '--json')[0])
    assert scores['n'] == 3 and 'pca_psnr' in scores
    assert not [f for f in (here / 'empty cache').rglob('meta.json') if 'private' in f.read_text()]


def test_cars_is_a_question_where_a_folder_has_that_name(here, call, monkeypatch):
    Path('two/cars').mkdir(parents=True)
    for i in range(10): picture(i, (40, 40)).save(f'two/cars/{i}.png')
    monkeypatch.chdir('two')
    err = call('train', 'cars', *TINY, code=2)[1]
    assert "'./cars'" in err and "'embedded:cars'" in err
    assert '10 images' in call('train', './cars', *TINY)[0]


def test_copies_are_one_picture(here, call):
    Path('pairs').mkdir()
    for i in range(10):
        for name in 'a', 'copy': picture(i, (40, 40)).save(f'pairs/{name}{i}.png')
    out = call('train', 'pairs', *TINY)[0]
    assert '10 images' in out and 'a copy of a0.png' in out and 'over 3 images' in out


def test_three_images_are_enough(here, call):
    Path('three').mkdir()
    for i in range(3): picture(i, (40, 40)).save(f'three/{i}.png')
    run('train', 'three', *TINY)
    assert json.loads(run('evaluate', 'runs/three-quick', '--no-fd', '--json')[0])['n'] == 1


def test_names_that_the_terminal_cannot_print_end_nothing(here, monkeypatch):
    monkeypatch.setenv('PYTHONIOENCODING', 'cp1252')
    Path('foreign').mkdir()
    for i in range(8): picture(i, (40, 40)).save(f'foreign/{i}.png')
    Path('foreign/写真.jpg').write_text('x')
    assert '\\u5199' in run('train', 'foreign', *TINY)[0]


def test_cache(here, call):
    assert re.search(r'[\d.]+ MB in .*cache', call('cache')[0])
    assert 'cleared' in call('cache', '--clear')[0]
    assert re.search(r'^ +0\.0 MB in', call('cache')[0], re.M)
    assert '30 images' in call('train', 'photos', *TINY, '--out', 'runs/after the cache')[0]


def test_networks_lists_the_registry(call):
    text = call('networks')[0]
    assert re.search(r'^compact$', text, re.M) and re.search(r'--option latent_dim=128 +\(int\) \w+', text)


def torchrun(*args):
    "Two processes on this machine's CPU, which train together."
    env = os.environ | dict(OMP_NUM_THREADS='1', PYTHONWARNINGS='ignore')
    p = subprocess.run([Path(sys.executable).with_name('torchrun'), '--nproc_per_node', '2', *map(str, args)],
                       capture_output=True, text=True, timeout=300, env=env)
    assert p.returncode == 0, p.stdout + p.stderr
    return p.stdout


def test_two_processes_end_with_equal_weights(tmp_path):
    torchrun(Path(__file__).with_name('two_processes.py'), tmp_path)
    first, second = (torch.load(tmp_path / f'rank_{i}.pt') for i in (0, 1))
    saved = load_file(tmp_path / 'run/model.safetensors')
    for k, o in first.items():
        assert torch.equal(o, second[k]), k
        assert np.array_equal(o.detach().numpy(), saved[k]), k
    steps = pd.read_csv(tmp_path / 'run/history.csv')
    assert len(steps) == 2 and np.isfinite(steps).all(axis=None)


def test_train_under_torchrun(here):
    said = torchrun('--no-python', program, 'train', here / 'photos', '--size', 32, '--latent-dim', 4, '--bs', 8,
                    '--minutes', 0.05, '--device', 'cpu', '--out', here / 'together')
    assert said.count('Held-out PSNR') == 1 and said.count('from ') == 1
    assert 'PSNR' in run('evaluate', here / 'together', here / 'photos', '--json', '--no-fd')[0].upper()
