"""The arithmetic of the explorer and of moving figures, without a browser: modules in Node, beside Python."""
import json
import shutil
import subprocess

import numpy as np
import pytest
import readme
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from car_vae.ask import usual, wish
from car_vae.kl import kl_discrete

explorer = readme.root / 'explorer'
pytestmark = pytest.mark.skipif(not shutil.which('node'), reason='these tests need Node.js')
mixture = dict(kind='car_vae.latent:Mixture', weights=[0.25, 0.75], means=[[-5., 0.], [5., 1.]])
full = mixture | dict(scale_trils=[[[1.], [0.5, 0.2]]]*2)


def node(module, code, **given):
    "What `code`, the body of a function, returns in Node, where a module of the explorer is `m`."
    script = f"import {{readFileSync}} from 'fs'; import * as m from '{(explorer / module).as_uri()}';" \
             f"const given = JSON.parse(readFileSync(0, 'utf8')), f = ({{{', '.join(given)}}}) => {{ {code} }};" \
             "console.log(JSON.stringify(f(given)));"
    command = ['node', '--input-type=module', '-e', script]
    ran = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
    assert not ran.returncode, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope='module')
def meta(): return json.loads((explorer / 'model' / 'meta.json').read_text())


def test_the_model_has_what_the_page_reads(meta):
    "The committed model, as `export_onnx` writes one now."
    assert meta['latents_of'] == 'fresh embedded cars' and meta['trained_on'] == 'embedded cars'
    assert meta['latent_shape'] == [meta['latent_dim']] == [len(meta['examples'][0])]
    assert meta['preprocessing']['size'] == meta['size'] and meta['preprocessing']['crop'] is None
    assert meta['density']['kind'] == mixture['kind']
    shown = node('meta.js', 'return m.partsOf(m.complete(meta))', meta=meta)
    assert shown == ['blend', 'shape', 'dream', 'map', 'photo']
    assert node('meta.js', 'return m.whatIsMissing(meta)', meta=meta) == ''


def test_photos_without_latents():
    "A model of photos: draws to begin with, and no map."
    bare = dict(latent_dim=2, latent_shape=[2], density=full, map=None, examples=[], latents_of='nothing')
    code = 'const o = m.complete(meta); return [o.example_names, o.examples.map(z => [...z])]'
    names, latents = node('meta.js', code, meta=bare)
    assert names[0] == 'draw 1' and len(names) == len(latents) == 16 and np.std(latents) > 1
    assert node('meta.js', 'return m.partsOf(m.complete(meta))', meta=bare) == ['blend', 'shape', 'dream', 'photo']
    assert 'no map' in node('meta.js', 'return m.whatIsMissing(meta)', meta=bare)
    asked = node('meta.js', 'return m.whatIsMissing(meta)', meta=bare | dict(latents_of='training photos'))
    assert 'training photos' in asked


def test_a_prior_of_another_kind():
    other = dict(latent_dim=2, latent_shape=[2], density=dict(kind='flow:Flow'), latents_of='nothing')
    assert node('meta.js', 'return m.partsOf(m.complete(meta))', meta=other) == ['shape', 'photo']
    assert 'flow:Flow' in node('meta.js', 'return m.whatIsMissing(meta)', meta=other)


def test_a_latent_that_is_no_row_is_refused_in_words():
    grid = dict(latent_dim=256, latent_shape=[4, 8, 8])
    said = node('meta.js', 'try { m.complete(meta) } catch (e) { return e.message }', meta=grid)
    assert '4 × 8 × 8' in said and 'cannot show' in said


def draws(density, dim=2, n=20_000):
    code = f'const r = m.generator(1); return Array.from({{length: {n}}}, () => [...m.draw(density, dim, r)])'
    return np.array(node('latent.js', code, density=density, dim=dim))


def test_draws_have_the_density_of_meta_json():
    z = draws(full)
    assert abs((z[:, 0] < 0).mean() - 0.25) < 0.02
    near = z[z[:, 0] > 0]
    assert np.abs(near.mean(0) - [5, 1]).max() < 0.05
    assert np.abs(np.cov(near.T) - [[1, 0.5], [0.5, 0.29]]).max() < 0.05
    narrow = draws(mixture | dict(scales=[[1., 0.2]]*2))
    assert np.abs(narrow[narrow[:, 0] > 0].std(0) - [1, 0.2]).max() < 0.05
    normal = draws(dict(kind='car_vae.latent:StandardNormal'), 3)
    assert normal.shape[1] == 3 and np.abs(normal.std(0) - 1).max() < 0.05


def test_paths_are_those_of_the_package():
    import torch
    from car_vae.latent import lerp, slerp
    a, b = torch.randn(2, 8, generator=torch.Generator().manual_seed(0)).tolist()
    for name, theirs in dict(lerp=lerp, slerp=slerp).items():
        ours = node('latent.js', f'return [...m.{name}(Float32Array.from(a), Float32Array.from(b), 0.3)]', a=a, b=b)
        assert np.abs(np.array(ours) - theirs(torch.tensor(a), torch.tensor(b), 0.3).numpy()).max() < 1e-5


@pytest.mark.parametrize('seed', range(4))
def test_the_crop_is_that_of_the_package(seed):
    from PIL import Image
    from car_vae.data import autocrop
    from car_vae.export import CROP
    rng = np.random.default_rng(seed)
    pixels = np.full((60, 80, 4), 255, np.uint8)
    pixels[15:41, 20:65, :3] = rng.integers(225, 246, (26, 45, 3))
    pixels[0, 0, :3] = 0   # a speck is no car
    image = dict(data=pixels.ravel().tolist(), width=80, height=60)
    box = node('crop.js', 'return m.darkBox(image, crop)', image=image, crop=CROP)
    cut = pixels[box['y']:box['y'] + box['height'], box['x']:box['x'] + box['width'], :3]
    assert np.array_equal(cut, np.asarray(autocrop(Image.fromarray(pixels[..., :3]))))
    white = dict(data=[255]*16, width=2, height=2)
    assert node('crop.js', 'return m.darkBox(image, crop)', image=white, crop=CROP) is None


# Wishes

@pytest.fixture(scope='module')
def ask(): return json.loads((explorer / 'sharp' / 'meta.json').read_text())['ask']


wanted = dict(style='van', paint=[0.8, 0.1, 0.2], azimuth=200., elevation=9., length=5.1, height=2.2, wheel=0.36)


def test_a_wish_becomes_the_numbers_of_the_package(ask):
    numbers = node('wish.js', 'return [...m.condition(car, ask)]', car=wanted, ask=ask)
    of_package = wish(**wanted | dict(paint='#cc1a33')).numpy()
    assert np.abs(np.array(numbers) - of_package).max() < 0.02    # a paint in bytes


@pytest.mark.parametrize('asked', [{}, dict(style='coupe'), dict(length=5.5), dict(style='SUV', wheel=0.38)])
def test_what_is_left_open_is_drawn_as_the_renderer_would(ask, asked):
    "What was asked for stays, and the rest fits it."
    code = 'return Array.from({length: 200}, (_, i) => m.completed(asked, i + 1, ask))'
    cars = node('wish.js', code, asked=asked, ask=ask)
    assert all(car | asked == car for car in cars) and len({str(o) for o in cars}) > (5 if 'length' in asked else 8)
    for car in cars:
        low, high = usual(car['style'])['length'][['min', 'max']]
        assert low - 0.25 <= car['length'] <= high + 0.25, car
    styles = {o['style'] for o in cars}
    assert styles == {asked['style']} if 'style' in asked else len(styles) > 1
    assert node('wish.js', code, asked=asked, ask=ask) == cars
    if not asked: assert abs(np.mean([o['azimuth'] for o in cars]) - 180) < 25


def test_what_a_style_does_not_have_is_no_longer_asked_for(ask):
    low = usual('coupe')['height']['min']
    assert node('wish.js', 'return m.possible(asked, ask)', asked=dict(style='van', height=low, azimuth=5.),
                ask=ask) == dict(style='van', azimuth=5)


@pytest.mark.parametrize('address', ['style=boat&azimuth=north&length=90', 'style=constructor&paint=%23zzzzzz'])
def test_an_address_that_asks_for_nonsense_asks_for_nothing(ask, address):
    assert node('wish.js', 'return m.fromAddress(new URLSearchParams(address), ask)', address=address, ask=ask) == {}


def test_a_wish_survives_the_address(ask):
    code = 'return m.fromAddress(new URLSearchParams(m.toAddress(car)), ask)'
    back = node('wish.js', code, car=wanted, ask=ask)
    assert np.allclose(back.pop('paint'), wanted['paint'], atol=1/255)
    assert back == {k: o for k, o in wanted.items() if k != 'paint'}


def test_the_sketch_draws_what_it_is_asked_for():
    "In the committed record: fresh cars, a reader that was trained on others, and what it reads in renders."
    reached = json.loads((explorer / 'sharp' / 'run.json').read_text())['reached']
    assert reached['sketched']['style right'] > 0.9*reached['rendered']['style right']
    assert reached['sketched']['within 10°'] > 0.7*reached['rendered']['within 10°']
    assert reached['reconstructed']['psnr'] > 28


# Moving figures

both = Normal(torch.tensor([-2., 2.]), torch.full((2,), 0.7))
humps = MixtureSameFamily(Categorical(torch.tensor([0.65, 0.35])), both)
targets = {'two humps': humps, 'one Gaussian': Normal(0., 1.)}
places = torch.linspace(-10, 10, 4001)


def both_ways(target, mu, sigma):
    "KL(p || q) and KL(q || p) in nats, from narrow bins."
    p, q = (o.log_prob(places).double().softmax(0) for o in (targets[target], Normal(mu, sigma)))
    return [kl_discrete(p, q).item(), kl_discrete(q, p).item()]


@pytest.mark.parametrize('target', targets)
@pytest.mark.parametrize('mu, sigma', [(-0.5, 1.5), (1.8, 0.6), (-2., 0.7)])
def test_divergences_and_their_slopes(target, mu, sigma):
    code = 'const o = m.divergences(target, mu, sigma); return [o.forward, o.reverse]'
    found = node('figures/gaussians.js', code, target=target, mu=mu, sigma=sigma)
    assert np.allclose([o['kl'] for o in found], both_ways(target, mu, sigma), atol=0.01)
    up = np.exp(1e-2)
    by_mu, by_log_sigma = (np.subtract(both_ways(target, *a), both_ways(target, *b))/2e-2 for a, b in
                           (((mu + 1e-2, sigma), (mu - 1e-2, sigma)), ((mu, sigma*up), (mu, sigma/up))))
    assert np.allclose([o['slopes'] for o in found], np.stack([by_mu, by_log_sigma], 1), rtol=0.02, atol=0.02)


def test_where_each_direction_descends_to():
    "Forward to the mean and the variance of both humps, reverse to the nearer hump."
    code = 'return m.descended("two humps", direction, mu, 1.5, 300)'
    spread = humps.variance.sqrt().item()
    assert np.allclose(node('figures/gaussians.js', code, direction='forward', mu=2.5), [-0.6, spread], atol=0.02)
    for mu, hump in (-2.5, -2.), (2.5, 2.):
        assert np.allclose(node('figures/gaussians.js', code, direction='reverse', mu=mu), [hump, 0.7], atol=0.05)


@pytest.mark.parametrize('place, t', [((0.15, 0.1), 0.5), ((1., -0.6), 0.3), ((-2., 0.4), 0.), ((0.9, 1.2), 0.9)])
def test_arrows_are_means_of_straight_paths(place, t):
    "Over many draws of the ring, each weighted by how likely its path comes through that place."
    rng = np.random.default_rng(0)
    angles = rng.integers(6, size=400_000)*np.pi/3
    ring = 1.5*np.stack([np.cos(angles), np.sin(angles)], 1) + 0.15*rng.standard_normal((len(angles), 2))
    weight = np.exp(-((place - t*ring)**2).sum(1)/(1 - t)**2/2)
    mean = (np.average(ring, axis=0, weights=weight) - place)/(1 - t)
    assert np.allclose(node('figures/arrows.js', 'return m.velocity(place, t)', place=place, t=t), mean, atol=0.05)


def test_more_steps_lead_to_the_ring():
    noise = np.random.default_rng(0).standard_normal((400, 2)).tolist()
    code = 'const ends = noise.map(z => m.path(z, steps, method).at(-1)); return [ends, m.lost(ends)/ends.length]'
    def ran(steps, method): return node('figures/arrows.js', code, noise=noise, steps=steps, method=method)
    def lost(steps, method): return ran(steps, method)[1]
    assert np.abs(ran(1, 'Euler')[0]).max() < 1e-6                        # the mean of all data
    assert lost(1, 'Euler') == 1 and lost(32, 'Heun') < 0.03
    fifth, few, tenth, fewer = lost(4, 'Euler'), lost(8, 'Euler'), lost(4, 'Heun'), lost(8, 'Heun')
    assert np.allclose([fifth, few, tenth, fewer], [0.2, 0.04, 0.1, 0.02], atol=0.035) and few < tenth
