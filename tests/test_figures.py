"""The moving figures of the lessons, in a real browser."""
import json
import re

import numpy as np
import pytest
import readme
from browser import accessibility, until

FIGURES = dict(gaussians='kl', betas='loss', plane='latent', numbers='grid', arrows='flow') # on which page
DATA = 'o => [...o.getContext("2d").getImageData(0, 0, o.width, o.height).data]'
LARGEST = 60e3 # bytes of a figure
folder = readme.root / 'explorer' / 'figures'


def opened(page, name):
    "The part of a page that holds a moving figure, when it has begun."
    page.goto(f'/{FIGURES[name]}.html')
    figure = page.locator(f'[data-figure={name}]')
    figure.scroll_into_view_if_needed()
    page.wait_for_selector(f'[data-figure={name}].moving canvas')
    return figure


def picture(figure): return figure.locator('.plot').evaluate('o => o.toDataURL()')


def numbers(figure): return [float(o) for o in re.findall(r'[0-9.]*[0-9]', figure.locator('.readout').inner_text())]


def value(figure, name): return float(figure.locator(f'.slider:has-text("{name}") input').input_value())


def press(figure, button): figure.locator(f'button:has-text("{button}")').click()


def drag(page, figure, start, end):
    "Press, move and let go; places in parts of the canvas."
    box = figure.locator('.plot').bounding_box()
    at = [(box['x'] + box['width']*x, box['y'] + box['height']*y) for x, y in (start, end)]
    page.mouse.move(*at[0]); page.mouse.down(); page.mouse.move(*at[1], steps=5); page.mouse.up()


@pytest.mark.parametrize('name', FIGURES)
@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [1280, 390])
def test_figures_are_accessible_and_fit(page, name, scheme, width):
    page.set_viewport_size(dict(width=width, height=900))
    page.emulate_media(color_scheme=scheme)
    figure = opened(page, name)
    assert accessibility(page) == []
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    assert figure.evaluate('o => o.scrollWidth - o.clientWidth') <= 1


@pytest.mark.parametrize('name', FIGURES)
def test_figures_are_small(name):
    "Scripts and numbers, and the pictures where they are not those of a model's whole plane."
    files = [*folder.glob(f'{name}.js*'), *(folder / f'{o}.js' for o in ('index', 'figure', 'pictures'))]
    if name != 'plane': files += folder.glob(f'{name}.webp')
    assert sum(o.stat().st_size for o in files) < LARGEST


@pytest.mark.parametrize('name', FIGURES)
def test_without_scripts_there_is_a_picture(chromium, site, name):
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto(f'/{FIGURES[name]}.html')
    still = page.locator(f'[data-figure={name}] img')
    assert len(still.get_attribute('alt')) > 60 and (readme.root / '_docs' / still.get_attribute('src')).exists()
    context.close()


def test_the_bell_goes_where_it_is_drawn(page):
    figure = opened(page, 'gaussians')
    before = picture(figure), numbers(figure)
    drag(page, figure, (0.5, 0.5), (1/3, 0.2))                    # to mu -2 and a peak at 0.56: the higher hump
    assert abs(value(figure, 'mu') + 2) < 0.05 and abs(value(figure, 'sigma') - 0.71) < 0.03
    assert picture(figure) != before[0] and numbers(figure)[1] < 0.5 < before[1][1]
    page.click('[data-figure] label:has-text("one Gaussian")')
    figure.locator('.slider:has-text("mu") input').fill('1')
    figure.locator('.slider:has-text("sigma") input').fill('1')
    assert numbers(figure) == [0.5, 0.5]                          # mu squared over 2, both ways


@pytest.mark.parametrize('motion', ['reduce', 'no-preference'])
def test_the_bell_descends(page, motion):
    page.emulate_media(reduced_motion=motion)
    figure = opened(page, 'gaussians')
    figure.locator('.slider:has-text("mu") input').fill('2.5')
    press(figure, 'Descend the reverse KL')
    until(page, 'Math.abs(document.querySelector("[data-figure] input").valueAsNumber - 2) < 0.05')
    press(figure, 'Descend the forward KL')
    until(page, 'Math.abs(document.querySelector("[data-figure] input").valueAsNumber + 0.6) < 0.05')


def tile(strip):
    "What a strip of cars shows, as an array of pixels."
    image = strip.locator('canvas').evaluate(DATA)
    return np.array(image).reshape(64, -1, 4)[..., :3]


@pytest.mark.parametrize('name, drawn', [('betas', ['reconstructed']), ('numbers', ['PCA', 'PCA of blocks'])])
def test_tiles_are_those_of_the_numbers(page, name, drawn):
    "At each end of the slider the pictures are as far from the cars as it says, within what WebP and other cars do."
    figure, rows = opened(page, name), json.loads((folder / f'{name}.json').read_text())
    strips = {o.locator('span').inner_text(): o for o in figure.locator('.strip').all()}
    original = tile(strips['as they are'])
    errors = []
    for i in 0, len(rows) - 1:
        figure.locator('.slider input').fill(str(i))
        said = numbers(figure)
        assert set(o for k, o in rows[i].items() if k in ('numbers', 'beta')) <= set(said)
        errors.append([-10*np.log10(((tile(strips[o]) - original)**2).mean()/255**2) for o in drawn])
        assert np.allclose(errors[-1], said[-len(drawn):], atol=3.5)
    assert np.abs(np.subtract(*errors)).min() > 3


def test_the_plane_draws_what_its_model_does(page):
    "At a car's own place the tile is nearer to that car than to most others; a draw goes elsewhere."
    figure, cars = opened(page, 'plane'), json.loads((folder / 'plane.json').read_text())
    sliders = figure.locator('.slider input')
    canvases = [f'[data-figure] .two div:nth-child({i}) canvas' for i in (1, 2)]
    def shown(canvas): return np.array(page.eval_on_selector(canvas, DATA), float)
    drawn, real = [], []
    for car in cars[:12]:
        sliders.nth(0).fill(f"{car['x']:.2f}")
        sliders.nth(1).fill(f"{car['y']:.2f}")
        assert np.allclose(numbers(figure)[:4], [abs(car[o]) for o in ('x', 'y', 'width', 'height')], atol=0.02)
        for pictures, canvas in zip((drawn, real), canvases): pictures.append(shown(canvas))
    errors = np.array([[((a - b)**2).mean() for b in real] for a in drawn])
    assert errors.diagonal().mean() < 0.5*errors.mean()
    before = picture(figure)
    press(figure, 'Draw from N(0, I)')
    assert picture(figure) != before


def test_points_follow_the_arrows(page):
    figure = opened(page, 'arrows')
    figure.locator('.slider:has-text("steps") input').fill('1')
    assert numbers(figure) == [100]
    page.click('[data-figure] label:has-text("Heun")')
    figure.locator('.slider:has-text("steps") input').fill('32')
    assert numbers(figure)[0] < 5
    before = picture(figure)
    drag(page, figure, (0.5, 0.5), (0.2, 0.2))
    assert picture(figure) != before
    press(figure, 'Go')
    until(page, 'document.querySelector("[data-figure] input").value === "1"')
    after = picture(figure)
    page.keyboard.press('Tab')
    page.keyboard.press('Enter')                                  # other noise
    assert picture(figure) != after
