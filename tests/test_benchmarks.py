"""The measurements of benchmarks/ and records/, with tiny times: small trainings, and records that are complete."""
import json
import math
import sys
from dataclasses import asdict

import numpy as np
import pytest
import readme
import results
import torch
from fastai.callback.core import Callback
from PIL import Image
from torch import nn
from torch.nn import functional as F

from car_vae.cars import embedded_cars
from car_vae.data import image_store, scale
from car_vae.model import Posterior, build_model
from car_vae.run import Recipe, Run
from car_vae.train import recipe_dls, train, vae_learner

sys.path += [str(readme.root / o) for o in ('benchmarks', 'benchmarks/speedrun', 'records')]
import bf16  # noqa: E402
import copies  # noqa: E402
import cost  # noqa: E402
import gpu  # noqa: E402
import gpu_sharp  # noqa: E402
import grid  # noqa: E402
import measure  # noqa: E402
import optimiser  # noqa: E402
import peers  # noqa: E402
import rules  # noqa: E402
import run as speedrun  # noqa: E402
import second_look  # noqa: E402
import sharp  # noqa: E402
import sketch  # noqa: E402
import smooth  # noqa: E402
import trials  # noqa: E402

names = [peers.PCA, 'fast', 'PyTorch-VAE vanilla, 64x64']
columns = {'name', 'seed', 'images_per_second', 'seconds_to_18_db', 'psnr', 'ssim', 'parameters', 'peak_memory',
           'epochs', 'seconds', 'n', 'n_train'}


def command(module, *args):
    "Call a script as the command line would."
    with pytest.MonkeyPatch.context() as m:
        m.setenv('OMP_NUM_THREADS', '1')
        m.setattr(sys, 'argv', [f'{module.__name__}.py', *map(str, args)])
        module.main()


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    "Forty embedded cars as PNG files."
    folder = tmp_path_factory.mktemp('cars')
    for i, o in enumerate(image_store('cars', 128, n=40).images):
        Image.fromarray(o.transpose(1, 2, 0)).save(folder / f'{i:02}.png')
    return folder


@pytest.fixture(scope='module')
def made(photos, tmp_path_factory):
    "A record of three rows, and the arguments that made it."
    out = tmp_path_factory.mktemp('record') / 'peers.json'
    args = [photos, '--out', out, '--only', *names, '--minutes']
    command(peers, *args, 0.1)
    return out, args


def test_peers_record_is_complete(made):
    record = json.loads(made[0].read_text())
    assert [o['name'] for o in record['rows']] == names
    assert record['minutes'] == 0.1 and {'versions', 'hardware', 'digest', 'date'} <= set(record)
    for o in record['rows']:
        assert set(o) - {'psnr_own_size'} == columns
        assert 0 < o['psnr'] < 40 and o['parameters'] > 1e6 and o['peak_memory'] > 100
        assert (o['n'], o['n_train']) == (12, 28)
    pca, ours, peer = record['rows']
    assert pca['images_per_second'] is None and pca['psnr'] > 15
    for o in ours, peer: assert o['images_per_second'] >= 0 and o['seconds'] >= 6 # none, on a machine that is too busy
    assert 'psnr_own_size' in peer and 'psnr_own_size' not in ours


def test_peers_table_has_a_line_for_each_row(made, capsys):
    command(peers, '--table', made[0])
    shown = capsys.readouterr().out
    assert [o.split(' | ')[0].strip('| ') for o in shown.splitlines() if o.startswith('| ')][2:] == names
    assert '28 photos to train on' in shown and 'seconds to 18 dB' in shown


def test_peers_goes_on_and_does_not_mix(made, capsys):
    out, args = made
    before = out.read_text()
    command(peers, *args, 0.1)
    assert out.read_text() == before, 'rows that were there are measured again'
    with pytest.raises(SystemExit): command(peers, *args, 1)
    assert 'another minutes' in capsys.readouterr().err and out.read_text() == before


def test_peers_says_in_how_many_runs_18_db_were_reached():
    rows = [dict(seconds_to_18_db=o) for o in (10., None, 20.)]
    assert results.peer_cell(rows, 'seconds_to_18_db', 0) == '15 ± 7 (2 of 3)'
    assert results.peer_cell(rows[1:2], 'seconds_to_18_db', 0) == 'never'


def test_peers_without_their_package_are_left_out(photos, tmp_path, monkeypatch, capsys):
    def missing(*args): raise peers.Missing('install it')
    monkeypatch.setattr(peers, 'apart', missing)
    assert not peers.benchmark(photos, 1, 2, False, tmp_path / 'r.json', ['fast'])['rows']
    assert capsys.readouterr().out == 'fast is left out: install it\n'


def test_gpu_measurement_tries_itself_on_a_cpu(photos, tmp_path):
    out = tmp_path / 'gpu.json'
    command(gpu, photos, '--extra', photos, '--device', 'cpu', '--tiny', '--out', out)
    record = json.loads(out.read_text())
    assert record['gpu'] is None and record['note'] == 'has not run on a GPU' and record['ok']
    for part in gpu.PARTS: assert record[part]['part_seconds'] >= 0 and 'error' not in record[part]
    assert all(record['checks']['found'][k] <= v for k, v in record['checks']['bounds'].items())
    assert record['classic']['seconds_all'] > record['classic']['seconds_per_epoch'] > 0
    assert record['floor']['seconds_per_epoch'] > 0 and record['pipeline']['fast']['share'] > 0
    assert all(o['images_per_second'] > 0 for o in record['throughput']['rows'])
    history = record['curves']['history']
    assert history['epoch'] == [1, 3] and {len(o) for o in history.values()} == {2}
    assert record['picture'] == ['held out', 'classic', 'fast', 'fast, more photos']
    assert Image.open(out.with_suffix('.jpg')).height > 4*32


def test_sharp_gpu_measurement_tries_itself_on_a_cpu(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_sharp, 'lite0_features', lambda x: F.avg_pool2d(x.cpu(), 16).flatten(1))
    out = tmp_path/'gpu_sharp.json'
    command(gpu_sharp, photos, '--extra', photos, '--device', 'cpu', '--tiny', '--out', out)
    record = json.loads(out.read_text())
    assert record['wide']['n'] == 12 and record['wide']['options'] == dict(groups=0, width=16, **gpu_sharp.SQUARES)
    assert record['one_minute']['psnr'] != record['wide']['psnr'] != record['sharpened']['psnr']
    assert record['wide']['rate'] == record['sharpened']['rate'], 'the critic changed the encoder'
    assert record['floors']['nearest_photo']['fd_lite0'] > 0 and record['flow']['parameters'] > 0
    assert {o['decoder'] for o in record['samples']['rows']} == {'wide', 'sharpened'}
    assert Image.open(out.with_suffix('.jpg')).size == (10*34 + 2, 6*34 + 2)
    *_, last = results.gpu_sharp_table(record | dict(gpu='a card')).split('\n')
    assert last.startswith('| drawn by a flow') and last.count('|') == 8


def test_cost_grows_one_thing_at_a_time(tmp_path):
    out = tmp_path / 'cost.json'
    command(cost, '--tiny', '--out', out)
    rows = json.loads(out.read_text())['rows']
    assert [[o[k] for k in cost.BASE] for o in rows] == [[80, 32, 8], [160, 32, 8], [80, 64, 8], [80, 32, 2]]
    for o in rows:
        assert o['epoch_seconds'] > 0 and o['images_per_second'] > 0 and o['peak_memory'] > 100
        assert o['n_train'] == round(0.7*o['n']), 'copies were taken for one picture'
    command(cost, '--tiny', '--out', out)
    assert json.loads(out.read_text())['rows'] == rows, 'points that were there are measured again'


def test_measure_adds_the_rows_with_details(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(measure, 'lite0_features', lambda x: x.mean((2, 3)))
    def scored(learn, fd, prior):
        assert prior.sample(2, seed=0).shape == (2, *learn.model.latent_shape)
        return dict(n=len(learn.dls.valid_ds), psnr=0., ssim=0., fd_lite0_samples=0.)
    monkeypatch.setattr(measure, 'evaluate', scored)
    out = tmp_path / 'r.json'
    measure.measure(photos, None, 0.01, 1, True, out, ['fast'])
    rows = json.loads(out.read_text())['rows']
    pca, plain, half, full = rows
    assert [o['name'] for o in rows[2:]] == [f'fast, {o}' for o in measure.DETAILS]
    assert 5 < half['psnr'] != full['psnr'] > 5 and full['nearest_of_samples'] > 0
    assert half['seconds'] == plain['seconds']
    measure.measure(photos, None, 0.01, 1, True, out, ['fast'])
    assert json.loads(out.read_text())['rows'] == rows, 'rows that were there are measured again'


def test_trials_change_one_thing_at_a_time():
    recipes = grid.recipes(64, 10)
    base = recipes.pop('grid, 8x8x8')
    for name, r in recipes.items():
        model = build_model(r.arch, 64, **r.options)
        same_size = math.prod(model.latent_shape) == 512
        changed = {k for k, v in asdict(r).items() if v != getattr(base, k)}
        if name.startswith('beta'): assert changed == {'beta'}, name
        else: assert changed and changed <= {'arch', 'options'}, name
        assert same_size == (' channels' not in name), name
    compact, held = (build_model(o, 32, latent_dim=4) for o in second_look.KINDS.values())
    assert held.state_dict().keys() == compact.state_dict().keys()


def test_trials_keep_what_they_have(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, 'SEEDS', (0,))
    out, settings = tmp_path / 'trials.json', dict(n=20, size=32, epochs=1)
    recipe = Recipe.sharp(size=32, epochs=1, width=8, bs=8)
    trials.fill(out, 'grid', {'a': recipe}, settings)
    record = json.loads(out.read_text())
    row, = record['rows']
    assert row['n'] == 6 and row['latent_shape'] == [2, 8, 8] and row['psnr'] > 0 and row['cpu_seconds'] >= 0
    trials.fill(out, 'grid', {'a': recipe}, settings)
    assert json.loads(out.read_text()) == record, 'rows that were there are measured again'


def test_optimisers_differ_in_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, 'SEEDS', (0,))
    recipes = optimiser.recipes(64, 10)
    for name in optimiser.RECIPES:
        adam, muon = (asdict(recipes[f'{name}, {o}']) for o in optimiser.OPTIMISERS)
        assert {k for k in adam if adam[k] != muon[k]} == {'optimiser'}
    out, settings = tmp_path / 'optimiser.json', dict(n=20, size=32, epochs=1)
    few = {name: Recipe.sharp(size=32, epochs=1, width=8, optimiser=name) for name in optimiser.OPTIMISERS}
    trials.fill(out, 'optimiser', few, settings)
    record = json.loads(out.read_text())
    shown = results.optimiser_table(record)
    assert '1 epochs of 20' in shown
    for o in record['rows']: assert f"| {o['name']} | {o['psnr']:.2f} |" in shown


def test_bf16_differs_in_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, 'SEEDS', (0,))
    recipes = bf16.recipes(64, 10)
    for name in bf16.MADE:
        plain, half = (asdict(recipes[f'{name}, {kind}']) for kind in bf16.KINDS)
        assert {k for k in plain if plain[k] != half[k]} == {'bf16'} and half['bf16']
    out = tmp_path/'bf16.json'
    command(bf16, '--tiny', '--out', out)
    *_, sharp, fast = results.bf16_table(json.loads(out.read_text())).split('\n')
    assert sharp.startswith('| sharp |') and fast.startswith('| fast |') and sharp.count('|') == 5


def test_bf16_refuses_a_processor_without(monkeypatch):
    monkeypatch.setattr(bf16, 'cpu_has_bf16', lambda: False)
    with pytest.raises(SystemExit, match='no instructions for bfloat16'): command(bf16)


def test_sketch_measures_what_it_says_and_keeps_what_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(sketch, 'lite0_features', lambda x: F.avg_pool2d(x, 16).flatten(1))
    monkeypatch.setattr(sketch, 'SEEDS', (0,))
    run = train(image_store('cars', 32, n=40), Recipe.sharp(size=32, epochs=1, width=8, groups=4, bs=8), tmp_path/'run',
                quiet=True, device='cpu')
    out = tmp_path/'sketch.json'
    command(sketch, run, '--tiny', '--out', out)
    record = json.loads(out.read_text())
    row, = record['rows']
    assert row.keys() >= {'style right', 'within 10°', 'RGB distance', 'psnr', 'fd_lite0', 'nearest'}
    assert record['ceilings']['rendered']['nearest'] == 1 and record['ceilings']['rendered']['fd_lite0'] < 1e-3
    *_, reconstructed, sketched = results.sketch_table(record).split('\n')
    assert sketched.startswith('| sketched, 0 cars') and sketched.count('|') == reconstructed.count('|') == 8
    assert not Run(tmp_path/'run').has_prior, 'the run keeps the prior that it had'
    before = out.read_text()
    command(sketch, run, '--tiny', '--out', out)
    assert out.read_text() == before, 'rows that were there are measured again'


def test_smooth_changes_latents_and_targets_alike(monkeypatch):
    monkeypatch.setattr(smooth, 'PART', 1)
    monkeypatch.setattr(smooth.random, 'choice', lambda changes: smooth.shrunk)
    recipe, sides = Recipe.sharp(size=32, width=8, groups=4, bs=8), dict(train=set(), valid=set())
    learn = vae_learner(recipe_dls(image_store('cars', 32, n=20), recipe, 'cpu'), recipe)

    class Spy(Callback):
        def after_loss(self):
            sides['train' if self.training else 'valid'].add((self.pred[0].shape[-1], self.y.shape[-1]))

    with learn.no_bar(), learn.no_logging(): learn.fit(1, cbs=[smooth.Equivariant(), Spy()])
    assert sides == dict(train={(16, 16)}, valid={(32, 32)})
    x = torch.arange(48.).view(1, 3, 4, 4)
    assert torch.equal(smooth.turned(1)(smooth.turned(3)(x)), x) and torch.equal(smooth.mirrored(smooth.mirrored(x)), x)
    z = torch.zeros(1, 8, 100, 100)
    assert smooth.with_noise(0.5)(z).std() == pytest.approx(0.5, rel=0.02)


def test_copies_tells_copies(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, 'lite0_features', lambda x: F.avg_pool2d(x, 16).flatten(1))
    monkeypatch.setattr(copies, 'SEEDS', (0,))
    run = train(image_store('cars', 32, n=40), Recipe.quick(size=32, epochs=1, latent_dim=4), tmp_path/'run',
                quiet=True, device='cpu')
    judge = copies.Judge(run, 8)
    known = scale(torch.from_numpy(np.asarray(run.split()[0])))
    assert judge.ratio(known[:8], known) == 0 and judge.ratio(judge.whole, known) == 1
    out = tmp_path/'copies.json'
    command(copies, run, '--tiny', '--out', out)
    record = json.loads(out.read_text())
    assert [o['size'] for o in record['rows']] == [20, 40]
    *_, last = results.copies_table(record).split('\n')
    assert last.startswith('| 40 |') and last.count('|') == 4
    assert not Run(run).has_prior, 'the run keeps the prior that it had'


def test_sharp_measures_runs_beside_their_rivals(photos, tmp_path, monkeypatch):
    def places(x): return F.avg_pool2d(x.cpu(), 8).flatten(1)
    monkeypatch.setattr(sharp, 'JUDGES', dict(lite0=places, vgg=places))
    monkeypatch.setattr('car_vae.evaluate.JUDGES', sharp.JUDGES)
    recipe = Recipe.sharp(size=32, epochs=1, width=8, groups=4)
    runs = [train(photos, recipe.with_(seed=i), tmp_path/f'{i}', quiet=True, device='cpu') for i in (0, 1)]
    out, picture = tmp_path/'sharp.json', tmp_path/'sharp.jpg'
    others_of, (folder, *_) = tmp_path/'others', [o.folder for o in runs]
    others_of.mkdir()
    for i, o in enumerate(image_store('cars', 32, n=50).images[40:]):
        Image.fromarray(o.transpose(1, 2, 0)).save(others_of/f'{i}.png')
    again = f'the first={folder}'
    command(sharp, photos, *runs, again, '--out', out, '--picture', picture, '--others', others_of)
    record = json.loads(out.read_text())
    *others, first, second, third = record['rows']
    assert third | dict(name=first['name']) == first and first['others_n'] == 10 and first['others_psnr'] > 0
    assert [o['name'] for o in others] == ['other photos', 'mean photo', 'nearest training photo']
    assert (first['seed'], second['seed'], first['n'], first['numbers']) == (0, 1, 12, 128)
    assert others[1]['psnr'] < others[2]['psnr'] and others[1]['fd_vgg_reconstructions'] > 0 # cars of one renderer
    assert Image.open(picture).size == (10*34 + 2, 2*34 + 2)
    about, _, header, _, *rows = results.sharp_table(record).split('\n')
    assert '128 numbers' in about and '12 other photos' in about and '2 seeds' in about and '32x32' in about
    assert [o.split(' | ')[0][2:] for o in rows] == [
        'other photos', 'mean photo', 'nearest training photo', 'sharp, groups 4, width 8', 'the first',
        'PCA, 128 numbers', 'PCA of blocks, 128 numbers']
    assert {o.count('|') for o in (header, *rows)} == {10}


ENTRY = """from course import fit
from car_vae.run import Recipe
def train(images, seed, look): fit(images, Recipe.quick(size=32, latent_dim=4, epochs=3, seed=seed), look)
"""
EASY = rules.Track('fast', 4, rules.decibels, 'dB', 1, valid=5., test=5.)


@pytest.fixture
def race(tmp_path, monkeypatch):
    "A function that runs an entry on a track of tiny cars, and gives its record; by default in this process."
    cars = {k: (n, 32, seed) for k, n, seed in (('train', 40, 1), ('valid', 10, 2), ('test', 12, 3))}
    sets = {k: rules.Cars(*o, rules.digest(*embedded_cars(*o, progress=False))) for k, o in cars.items()}
    entry = tmp_path/'mine.py'
    entry.write_text(ENTRY)
    monkeypatch.setattr(speedrun, 'folder', tmp_path)
    monkeypatch.setattr(speedrun, 'SEEDS', (0, 1))
    monkeypatch.setattr(speedrun, 'SETS', sets)

    def _race(track, apart=speedrun.one_seed):
        monkeypatch.setattr(speedrun, 'TRACKS', {'128': track})
        monkeypatch.setattr(speedrun, 'apart', apart)
        command(speedrun, 128, '--entry', entry)
        return json.loads(next(tmp_path.glob('records/128_mine_*.json')).read_text())
    return _race


def test_speedrun_stops_at_the_bound_and_keeps_what_it_has(race, capsys):
    record = race(EASY, speedrun.apart)
    assert [o['seed'] for o in record['rows']] == [0, 1] and record['code'] == ENTRY and record['entry'] == 'mine'
    assert {'date', 'command', 'hardware', 'versions', 'bounds'} <= set(record) and len(record['sets']) == 3
    for o in record['rows']:
        assert o['curve'] == [[o['seconds'], 1, o['valid']]] and o['passed'] and min(o['valid'], o['test']) >= 5
    assert race(EASY, None) == record, 'seeds that were there are trained again'
    with pytest.raises(SystemExit): race(EASY._replace(valid=6.))
    assert 'another bounds' in capsys.readouterr().err
    command(speedrun, '--table')
    about, _, header, _, line = capsys.readouterr().out.strip().split('\n')
    assert about.startswith('**128** on ') and '5 dB' in about and header.count('|') == line.count('|') == 8
    assert line.startswith(f"| {record['date'][:10]} | mine |") and line.endswith('| no: 2 of 5 seeds |')


def test_speedrun_without_the_bound_leaves_the_test_set_alone(race, monkeypatch):
    seen = []
    def spy(model, x): return seen.append(len(x)) or rules.decibels(model, x)
    for row in race(EASY._replace(valid=99., measure=spy))['rows']:
        assert row['seconds'] is row['test'] is None and not row['passed'] and len(row['curve']) == 3
    assert set(seen) == {10}


def test_speedrun_counts_no_seed_whose_test_set_misses_a_bound(race):
    for row in race(EASY._replace(test=99.))['rows']: assert row['seconds'] > 0 and not row['passed']
    row = dict(test=28., fd_lite0=None)
    assert rules.TRACKS['sharp'].passes(row) and not rules.TRACKS['sharp'].passes(row | dict(fd_lite0=999.))
    assert rules.TRACKS['128'].passes(row | dict(test=-7000.)) and not rules.TRACKS['128'].passes(row)


def test_speedrun_refuses_other_cars_and_larger_latents(race, monkeypatch, tmp_path, capsys):
    with pytest.raises(ValueError, match='4 numbers: make it 3'): race(EASY._replace(numbers=3))
    other = speedrun.SETS['test']._replace(seed=4)
    monkeypatch.setattr(speedrun, 'SETS', speedrun.SETS | dict(test=other))
    with pytest.raises(SystemExit): race(EASY)
    assert 'draws other cars' in capsys.readouterr().err and not list(tmp_path.glob('records/*'))


def test_speedrun_has_its_cars_and_says_what_holds():
    assert len(rules.drawn(rules.SETS['valid'])) == 500
    text = (readme.root/'benchmarks/speedrun/README.md').read_text()
    for o in rules.SETS.values(): assert f'{o.n:,} | {o.seed} | `{o.digest}` |' in text
    for name, o in rules.TRACKS.items():
        row = next(line for line in text.splitlines() if line.startswith(f'| `{name}` | {o.numbers} numbers |'))
        assert f'{o.valid:,g} {o.unit} | {o.test:,g} {o.unit}' in row and f'{o.fd or 0:g}' in row


def test_speedrun_hash_sees_other_cars_and_no_rounding():
    images, factors = (o[:20] for o in embedded_cars(40, 32, 1, progress=False))
    first, nearly = rules.digest(images, factors), images.copy()
    nearly[0, 0, 0, 0] ^= 1
    numbers = {k: factors[k]*(1 + 1e-12) for k in factors.select_dtypes('number')}
    assert rules.digest(nearly, factors.assign(**numbers)) == first
    assert rules.digest(255 - images, factors) != first != rules.digest(images, factors[::-1])


class Constant(nn.Module):
    "Knows nothing, and answers with grey."
    def encode(self, x): return Posterior(torch.zeros(len(x), 2), torch.zeros(len(x), 2))
    def decode(self, z): return torch.zeros(len(z), 3, 8, 8)


def test_speedrun_measures_nats_with_the_best_variance():
    x = torch.rand(5, 3, 8, 8)*2 - 1
    best = torch.distributions.Normal(0, x.pow(2).mean().sqrt())
    assert rules.nats(Constant(), x) == pytest.approx(-best.log_prob(x).flatten(1).sum(1).mean().item(), rel=1e-5)
    assert rules.nats(Constant(), x) < rules.nats(Constant(), (x*1.1).clamp(-1, 1))


def test_speedrun_clock_stands_still_in_a_look(monkeypatch):
    now = [0.]
    def slow(model, x):
        now[0] += 100
        return 1.
    monkeypatch.setattr(speedrun.time, 'perf_counter', lambda: now[0])
    clock = speedrun.Clock(EASY._replace(measure=slow), torch.zeros(1, 3, 8, 8))
    for i in range(20):
        now[0] += 2
        clock(Constant(), i)
    assert [o[0] for o in clock.curve] == [2.*i for i in range(1, 21)]
    with pytest.raises(ValueError, match='look less often'): clock(Constant(), 20)
    clock = speedrun.Clock(EASY._replace(measure=lambda *_: math.nan), torch.zeros(1, 3, 8, 8))
    with pytest.raises(FloatingPointError, match='lower learning rate'): clock(Constant(), 1)


def timed(*seconds, passed=True):
    return dict(rows=[dict(seconds=o, passed=passed) for o in seconds])


def test_speedrun_record_has_to_be_clearly_faster():
    old, slower = timed(100, 102, 98, 101, 99), timed(99, 101, 97, 100, 98)
    faster = timed(90, 92, 88, 91, 89)
    assert rules.judged(old, None) == ('the first', old)
    verdict, stands = rules.judged(slower, old)
    assert verdict.startswith('no: p = 0.1') and stands is old
    verdict, stands = rules.judged(faster, old)
    assert verdict.startswith('yes: p = ') and stands is faster
    assert rules.judged(old, faster)[1] is faster
    assert rules.judged(timed(1, 2, 1, 2, passed=False), old) == ('no: 0 of 5 seeds', old)
    assert rules.judged(timed(1, 2, 1, 2), old) == ('no: 4 of 5 seeds', old)
    assert rules.p_value([1, 2, 4], [10, 20, 40]) == pytest.approx(rules.p_value([10, 20, 40], [100, 200, 400]))
