"""The site in a real browser: pages, links, maths, search, and the explorer driven as a person would."""
import base64
import json
import re
from urllib.parse import parse_qs, urldefrag, urlencode

import numpy as np
import pytest
import readme
from browser import accessibility, until

root = readme.root
docs, explorer = root / '_docs', root / 'explorer'
parts = 'ask', 'blend', 'shape', 'dream', 'map', 'photo'


# The pages

def missing(page):
    "Links and anchors of the open page into the site that lead nowhere."
    base = page.url[:page.url.index('/', 8) + 1]
    for url in set(page.eval_on_selector_all('a[href]', 'a => a.map(o => o.href)')):
        address, anchor = urldefrag(url)
        if not address.startswith(base): continue
        target = docs / (address[len(base):] or 'index.html')
        if not target.exists(): yield url
        elif anchor and target.suffix == '.html' and f'id="{anchor}"' not in target.read_text(): yield url


def test_every_page_is_whole(page):
    "No error, no other host, no broken link, all maths typeset, an alt text for each picture."
    names = sorted(o.relative_to(docs).as_posix() for o in docs.rglob('*.html'))
    assert len(names) > 20
    for name in names:
        page.goto(f'/{name}')
        page.wait_for_load_state('networkidle')
        assert not list(missing(page)), name
        assert not page.eval_on_selector_all('.math:not(:has(.katex)), .katex-error', 'all => all.map(o => '
                                                                                      'o.textContent)'), name
        assert not page.locator('img:not([alt])').count(), name
    page.goto('/kl.html')
    assert page.locator('.math .katex').count() > 10


def test_search(page):
    page.goto('/index.html')
    page.fill('input[type=search]', 'reparameterisation')
    page.click('.smalldocs-search-results a[href^="./model.html"] >> nth=0')
    page.wait_for_url('**/model.html*')
    assert 'reparameterisation' in page.inner_text('main').lower()


def found(page, question):
    "Where the search leads to."
    page.fill('input[type=search]', '')
    page.fill('input[type=search]', question)
    page.wait_for_selector('.smalldocs-search-results.show a, .search-none')
    page.wait_for_timeout(300)
    links = '.smalldocs-search-results a[href]'
    return page.eval_on_selector_all(links, 'all => all.map(o => o.getAttribute("href"))')


QUESTIONS = {'blurry samples': 'guide/symptoms', 'how to train on my own photos?': 'index', 'KL weight': 'pitfalls',
             'why are my reconstructions all the same': 'pitfalls', 'resume training': 'train'}


@pytest.mark.parametrize('question', QUESTIONS)
def test_questions_find_answers(page, question):
    page.goto('/index.html')
    assert any(f'/{QUESTIONS[question]}.html' in o for o in found(page, question))


def test_functions_are_found_once(page):
    page.goto('/index.html')
    links = [o for o in found(page, 'kl_monte_carlo') if o.endswith('#kl_monte_carlo')]
    assert links == ['./api/kl.html#kl_monte_carlo']


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_search_results_can_be_read(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto('/index.html')
    page.fill('input[type=search]', 'blur')
    page.wait_for_selector('.search-result-text')
    assert accessibility(page) == []


@pytest.mark.parametrize('width', [1280, 390])
@pytest.mark.parametrize('name', ['kl', 'api/flow'])
def test_code_is_not_cut_off(page, name, width):
    page.set_viewport_size(dict(width=width, height=800))
    page.goto(f'/{name}.html')
    wide = page.eval_on_selector_all('div.sourceCode > pre', 'all => all.map(o => o.scrollWidth - o.clientWidth)')
    assert len(wide) > 10 and max(wide) <= 1


def test_menu_has_the_names_of_the_index(page):
    page.goto('/index.html')
    table = page.eval_on_selector_all('main td:first-child a', 'all => all.map(o => o.innerText)')
    menu = page.eval_on_selector_all('#quarto-sidebar .menu-text', 'all => all.map(o => o.textContent)')
    lessons = [o for o in table if re.match(r'[0-9A-E]+b? ', o)]
    assert len(lessons) > 15 and [o for o in menu if o in lessons][:len(lessons)] == lessons
    assert not page.is_visible('#quarto-sidebar >> text=car_vae.kl')          # folded until one asks for it


def test_lessons_lead_to_the_next(page):
    page.goto('/loss.html')
    page.click('.nav-page-next a')
    page.wait_for_url('**/train.html')
    page.click('.nav-page-previous a')
    page.wait_for_url('**/loss.html')


@pytest.mark.parametrize('width', [1280, 390])
def test_one_table_of_contents_is_seen(page, width):
    page.set_viewport_size(dict(width=width, height=800))
    page.goto('/loss.html')
    page.wait_for_load_state('networkidle')
    assert sum(page.locator(o).is_visible() for o in ('#TOC', '#TOC-body')) == 1


def test_pages_have_a_picture_for_those_who_link_to_them(page):
    page.goto('/loss.html')
    image = page.get_attribute('meta[property="og:image"]', 'content')
    assert (docs / image.partition('/car_vae/')[2]).exists() and 'sharp' in image


def test_all_modules_are_listed_with_their_names(page):
    page.goto('/api/modules.html')
    listed = page.eval_on_selector_all('main td:first-child a', 'all => all.map(o => o.getAttribute("href"))')
    pages = {f.name for f in (docs / 'api').glob('*.html')} - {'modules.html'}
    assert {*listed} == pages
    page.click('main a:has(code:text-is("kl_normal"))')
    assert page.url.endswith('kl.html#kl_normal')


def test_alt_texts_are_no_captions(page):
    page.goto('/sketch.html')
    assert len(page.get_attribute('img[src$="sketch.jpg"]', 'alt')) > 20
    assert not page.locator('figcaption').count()


def test_answers_unfold(page):
    page.goto('/loss.html')
    answer = page.locator('details:has(summary:text-is("Answer"))').first
    text = answer.locator('p').first
    def height(): return text.evaluate('o => o.checkVisibility() && o.getBoundingClientRect().height')
    assert not height()
    answer.locator('summary').focus()
    page.keyboard.press('Enter')
    assert height() > 10
    page.keyboard.press('Enter')
    assert not height()
    page.emulate_media(media='print')
    assert height() > 10
    assert not page.is_visible('#quarto-header')


def test_copy_buttons_are_seen_without_a_pointer(chromium, site):
    context = chromium.new_context(base_url=site, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto('/kl.html')
    shown = page.eval_on_selector_all('.code-copy-button', 'all => all.map(o => getComputedStyle(o).opacity)')
    context.close()
    assert len(shown) > 10 and {*shown} == {'1'}


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('name', ['index', 'kl', 'model', 'train', 'api/model'])
def test_lessons_are_accessible(page, name, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f'/{name}.html')
    page.wait_for_load_state('networkidle')
    assert accessibility(page) == []


def test_source_links_lead_to_the_line(site):
    link = re.compile(r'/blob/main/(\S+?)#L(\w+)".*?data-anchor-id="(?:\w+\.)?(\w+?)(?:-\d+)?"', re.S)
    found = [o for f in (docs / 'api').glob('*.html') for o in link.findall(f.read_text())]
    assert len(found) > 250
    for path, line, name in found:
        code = ''.join((root / path).read_text().splitlines()[int(line) - 1:][:5])
        assert re.search(rf'(def|class) {name}\b', code, re.I), (path, line, name)


def test_an_address_that_leads_nowhere_has_a_page(page):
    page.goto('/404.html')
    assert 'no such page' in page.inner_text('h1') and page.is_visible('input[type=search]')
    page.click('main a:has-text("the lessons")')
    assert page.url.partition('#')[0].endswith('/index.html')


def test_colab_badges(page):
    page.goto('/loss.html')
    assert page.get_attribute('a:has(img[alt="Open in Colab"])', 'href').endswith('/blob/main/nbs/05_loss.ipynb')


def test_lessons_can_be_downloaded(page):
    page.goto('/loss.html')
    with page.expect_download() as download: page.click('a:has-text("Download the notebook")')
    assert download.value.suggested_filename == '05_loss.ipynb'
    assert download.value.path().read_bytes() == (root / 'nbs' / '05_loss.ipynb').read_bytes()


def test_lessons_that_were_read_are_marked(page):
    def marked(): return page.eval_on_selector_all('#quarto-sidebar a:has(.read)', 'all => all.map(o => o.innerText)')
    page.goto('/loss.html')
    assert marked() == []
    page.locator('#summary').scroll_into_view_if_needed()
    until(page, 'document.querySelector("#quarto-sidebar .read")')
    page.goto('/kl.html')
    assert marked() == ['05 The loss ✓']
    assert page.locator('#quarto-sidebar .read').get_attribute('aria-label') == 'read'


# The explorer

def opened(page, part, state=''):
    "The explorer, with one of its parts open and drawn."
    page.goto('about:blank')
    page.goto(f'/explorer/index.html#part={part}{state}')
    page.wait_for_selector(f'#{part}:not([hidden])')
    settle(page)
    return page


def settle(page):
    "Wait until what was asked for is drawn."
    page.wait_for_timeout(200)
    until(page, '!document.querySelector("[aria-busy=true]")')


def pixels(page, canvas):
    "What a canvas shows, as an array of bytes."
    values = page.evaluate('''id => {
        const c = document.getElementById(id);
        return [c.width, c.height, ...c.getContext("2d").getImageData(0, 0, c.width, c.height).data];
    }''', canvas)
    return np.array(values[2:], np.uint8).reshape(values[1], values[0], 4)[..., :3].astype(int)


@pytest.fixture(scope='module')
def meta(): return json.loads((explorer / 'model' / 'meta.json').read_text())


def run_onnx(file, **inputs):
    "The first thing that an exported network gives for a batch of one."
    import onnxruntime
    inputs = {k: np.array(o, np.float32)[None] for k, o in inputs.items()}
    return onnxruntime.InferenceSession(explorer / file).run(None, inputs)[0][0]


def decoded(z, folder='model'):
    "What onnxruntime makes of a latent, as the page's bytes."
    return np.round(run_onnx(f'{folder}/decoder.onnx', z=z)*127.5 + 127.5).transpose(1, 2, 0)


def fragment(page): return {k: v[0] for k, v in parse_qs(page.url.partition('#')[2]).items()}


def linked_latent(page):
    "The latent in the page's address, which is rounded to thousandths."
    text = fragment(page)['z']
    return np.frombuffer(base64.urlsafe_b64decode(text + '='*(-len(text) % 4)), '<i2')/1000


def assert_drawn(page, canvas, z): assert np.abs(pixels(page, canvas) - decoded(z)).max() <= 3


def assert_restored(page, part, canvas):
    "The address alone brings the picture back."
    before, address = pixels(page, canvas), page.url
    page.goto('about:blank')
    page.goto(address)
    page.wait_for_selector(f'#{part}:not([hidden])')
    settle(page)
    assert np.abs(pixels(page, canvas) - before).max() <= 3


def test_model_is_small_and_its_run_is_known():
    assert sum(o.stat().st_size for o in explorer.glob('*/*.onnx')) < 10e6
    for name in 'model', 'sharp':
        assert 'cars' in str(json.loads((explorer / name / 'run.json').read_text())['source'])
    assert json.loads((explorer / 'model' / 'run.json').read_text())['reached']['psnr'] > 20


whole_wish = dict(style='van', paint='#cc1a33', azimuth=200, elevation=9, length=5.1, height=2.2, wheel=0.36)


def asked_for(**asked):
    "What onnxruntime draws when everything is asked for, as the page's bytes."
    from car_vae.ask import wish
    return decoded(run_onnx('sharp/sketch.onnx', condition=wish(**asked).numpy()), 'sharp')


def ask_for(page, **asked): return opened(page, 'ask', '&' + urlencode(asked))


def test_ask_draws_what_it_is_asked_for(page):
    ask_for(page, **whole_wish)
    assert np.abs(pixels(page, 'ask-picture') - asked_for(**whole_wish)).max() <= 4
    assert 'Nothing is left' in page.inner_text('#ask-open')
    assert 'van' in page.get_attribute('#ask-picture', 'aria-label')
    page.click('#ask-style label:has-text("coupe")')
    settle(page)
    asked = fragment(page)
    assert asked['style'] == 'coupe' and 'height' not in asked      # there is no coupe of 2.20 m
    page.click('#ask-paint label:has-text("blue")')
    page.focus('#ask-azimuth')
    for _ in range(3): page.keyboard.press('ArrowRight')
    settle(page)
    assert fragment(page)['azimuth'] == '203' and fragment(page)['paint'] == '#1f55a5'
    assert_restored(page, 'ask', 'ask-picture')


def test_each_control_of_ask_changes_what_it_says(page):
    "Against a car that was asked for in full: only one thing is another."
    for name, value, keys in (('elevation', 12, 3), ('azimuth', 190, -10), ('wheel', 0.34, -2), ('length', 5.2, 10)):
        ask_for(page, **whole_wish)
        page.evaluate("document.querySelector('#ask details').open = true")
        page.focus(f'#ask-{name}')
        for _ in range(abs(keys)): page.keyboard.press('ArrowRight' if keys > 0 else 'ArrowLeft')
        settle(page)
        assert abs(float(fragment(page)[name]) - value) < 0.011
        changed = whole_wish | {name: float(fragment(page)[name])}
        assert np.abs(pixels(page, 'ask-picture') - asked_for(**changed)).max() <= 4, name


def test_another_car_keeps_what_was_asked_for(page):
    ask_for(page, style='SUV', paint='#1f7a3f', seed=3)
    seen = [pixels(page, 'ask-picture')]
    for button in 'another', 'reset':
        page.click(f'#ask-{button}')
        settle(page)
        seen.append(pixels(page, 'ask-picture'))
        asked = fragment(page)
        assert asked.get('style') == ('SUV' if button == 'another' else None), button
    assert all((a != b).any() for a, b in zip(seen, seen[1:])) and page.is_checked('#ask-style input[value=""]')


def test_the_car_turns_and_stops(page):
    ask_for(page, **whole_wish)
    page.click('#ask-turn')
    until(page, "new URLSearchParams(location.hash.slice(1)).get('azimuth') > 203")
    page.click('#ask-turn')
    settle(page)
    at, before = fragment(page)['azimuth'], pixels(page, 'ask-picture')
    settle(page)
    assert fragment(page)['azimuth'] == at and (pixels(page, 'ask-picture') == before).all()
    changed = whole_wish | dict(azimuth=float(at))
    assert np.abs(before - asked_for(**changed)).max() <= 4
    page.emulate_media(reduced_motion='reduce')
    page.click('#ask-turn')
    settle(page)
    assert abs(float(fragment(page)['azimuth']) - (float(at) + 30)) <= 0.5 and page.inner_text('#ask-turn') == 'Turn it'


def test_the_latent_of_the_car_is_shown(page):
    ask_for(page, **whole_wish)
    shape = json.loads((explorer / 'sharp' / 'meta.json').read_text())['latent_shape']
    sizes = page.evaluate("Array.from(document.querySelectorAll('#ask-latent canvas'), o => [o.height, o.width])")
    assert sizes == [shape[1:]]*shape[0]


def test_the_page_goes_on_without_the_sharp_model(bare):
    without_sharp(bare).goto('/explorer/index.html')
    bare.wait_for_selector('#blend:not([hidden])')
    assert bare.is_hidden('#tab-ask') and bare.is_visible('#tab-photo')


def test_blend(page, meta):
    a, b = (np.array(meta['examples'][o]) for o in (0, 3))
    opened(page, 'blend', '&a=0&b=3&t=0.25&loop=0')
    assert_drawn(page, 'blend-picture', 0.75*a + 0.25*b)
    before = pixels(page, 'blend-picture')
    page.focus('#blend-t')
    for _ in range(20): page.keyboard.press('ArrowRight')
    settle(page)
    assert fragment(page)['t'] == '0.45' and (pixels(page, 'blend-picture') != before).any()
    page.select_option('#blend-path', 'slerp')
    settle(page)
    angle = np.arccos(a @ b/np.linalg.norm(a)/np.linalg.norm(b))
    assert_drawn(page, 'blend-picture', (np.sin(0.55*angle)*a + np.sin(0.45*angle)*b)/np.sin(angle))
    assert_restored(page, 'blend', 'blend-picture')


def test_blend_plays_and_stops_at_the_end(page):
    opened(page, 'blend', '&t=0.5&loop=0')
    before = pixels(page, 'blend-picture')
    page.click('#blend-play')
    page.wait_for_selector('#blend-play:text-is("Play")', timeout=10_000)
    assert page.input_value('#blend-t') == '1' and (pixels(page, 'blend-picture') != before).any()
    page.check('#blend-loop')
    page.click('#blend-play')
    until(page, "+document.getElementById('blend-t').value % 1 > 0")
    page.click('#blend-play')


def test_shape(page, meta):
    opened(page, 'shape')
    before = pixels(page, 'shape-picture')
    page.focus('#shape-directions input')
    for _ in range(25): page.keyboard.press('ArrowRight')
    page.focus('#shape-factors input')
    for _ in range(10): page.keyboard.press('ArrowLeft')
    settle(page)
    turn, direction = meta['factors'][0], meta['directions'][0]
    moved = 1.5*np.array(direction['vector']) - 0.2*(turn['high'] - turn['low'])*np.array(turn['vector'])
    assert_drawn(page, 'shape-picture', np.array(meta['examples'][0]) + moved)
    page.click('#shape-share')
    assert page.evaluate('navigator.clipboard.readText()') == page.url
    assert_restored(page, 'shape', 'shape-picture')
    page.click('#shape-reset')
    settle(page)
    assert np.abs(pixels(page, 'shape-picture') - before).max() <= 3


grid = 'Array.from(document.querySelectorAll("#dream-grid canvas"), o => o.toDataURL())'


@pytest.mark.parametrize('by', ['density', 'sketch'])
def test_dreams_are_many_and_come_again(page, by):
    before = opened(page, 'dream', f'&by={by}&seed=5').evaluate(grid)
    assert len(set(before)) == len(before) > 10
    assert opened(page, 'dream', f'&by={by}&seed=5').evaluate(grid) == before
    page.click('#dream-again')
    settle(page)
    assert not set(before) & set(page.evaluate(grid))


def test_a_sketched_dream_is_the_car_that_ask_draws(page):
    opened(page, 'dream', '&by=sketch&seed=5')
    dreamt = page.evaluate(grid)[2]
    page.click('#dream-grid button >> nth=2')
    settle(page)
    assert page.is_visible('#ask') and page.evaluate('document.querySelector("#ask-picture").toDataURL()') == dreamt


def test_dreams_by_density_are_chosen_and_overtake_sketches(page):
    by_density = opened(page, 'dream', '&by=density&seed=5').evaluate(grid)
    opened(page, 'dream', '&by=sketch&seed=5')
    page.click('#dream-again')
    page.click('#dream-by label >> nth=1')
    settle(page)
    assert fragment(page)['by'] == 'density'
    seed = fragment(page)['seed']
    assert page.evaluate(grid) == opened(page, 'dream', f'&by=density&seed={seed}').evaluate(grid) != by_density


def test_dream_goes_to_shape(page):
    opened(page, 'dream', '&by=density&seed=5')
    after = page.evaluate(grid)
    page.click('#dream-grid button >> nth=2')
    settle(page)
    assert page.input_value('#shape-car') == 'other'
    assert_drawn(page, 'shape-picture', linked_latent(page))
    page.click('#tab-dream')
    settle(page)
    assert page.evaluate(grid) == after


def test_map_follows_pointer_and_keys(page):
    opened(page, 'map')
    seen = [pixels(page, 'map-picture')]
    box = page.locator('#map-plane').bounding_box()
    page.mouse.move(box['x'] + box['width']*0.2, box['y'] + box['height']*0.3)
    settle(page)
    seen.append(pixels(page, 'map-picture'))
    page.focus('#map-plane')
    for _ in range(10): page.keyboard.press('ArrowRight')
    settle(page)
    seen.append(pixels(page, 'map-picture'))
    assert all((a != b).any() for a, b in zip(seen, seen[1:])) and abs(float(fragment(page)['x']) - 0.4) < 0.01
    assert_restored(page, 'map', 'map-picture')
    page.click('#map-take')
    settle(page)
    assert_drawn(page, 'shape-picture', linked_latent(page))
    assert np.abs(pixels(page, 'shape-picture') - seen[-1]).max() <= 6


def test_map_shows_small_pictures_of_its_cars(page, meta):
    opened(page, 'map')
    points = np.array(meta['map']['points'])
    places = ((points - points.min(0))/np.ptp(points, axis=0)).tolist()
    kept = page.evaluate('places => import("./map.js").then(m => m.apart(places, 0.075))', places)
    until(page, f'document.getElementById("map-plane").dataset.pictures === "{len(kept)}"')
    plane = pixels(page, 'map-plane')
    inside = [i for i in kept if max(abs(o - 0.5) for o in places[i]) < 0.4 and places[i][0] > 0.6] # not at its dot
    for i in inside[:3]:
        x, y = (round(o*len(plane)) for o in places[i])
        car = decoded(meta['map']['latents'][i])
        r, middle = round(5*len(car)/(0.075*len(plane))), len(car)//2
        shown, drawn = plane[y - 5:y + 5, x - 5:x + 5], car[middle - r:middle + r, middle - r:middle + r]
        assert np.abs(shown.mean((0, 1)) - drawn.mean((0, 1))).max() < 12


@pytest.fixture
def car_file(tmp_path):
    "A picture that is no square: its padding counts."
    from PIL import Image
    from car_vae.cars import embedded_cars
    car = Image.fromarray(embedded_cars(1, 128, seed=7, progress=False)[0][0].transpose(1, 2, 0))
    car.crop((0, 16, 128, 112)).save(tmp_path / 'car.png')
    return tmp_path / 'car.png'


def test_photo(page, car_file):
    opened(page, 'photo')
    page.set_input_files('#photo-file', dict(name='text.png', mimeType='image/png', buffer=b'no picture'))
    page.wait_for_selector('#photo-problem:not([hidden])')
    assert 'no picture' in page.inner_text('#photo-problem')
    page.set_input_files('#photo-file', car_file)
    page.wait_for_selector('#photo-grid:not([hidden])')
    assert page.is_hidden('#photo-problem')
    x, b, sharp = (pixels(page, f'photo-{o}') for o in ('before', 'after', 'sharp'))
    def psnr(x, y): return 10*np.log10(255**2/((x - y)**2).mean())
    assert psnr(x, sharp) > psnr(x.reshape(64, 2, 64, 2, 3).mean((1, 3)), b) + 3 > 21
    assert_drawn(page, 'photo-after', linked_latent(page))
    assert_restored(page, 'photo', 'photo-after')
    page.click('#photo-take')
    settle(page)
    assert np.abs(pixels(page, 'shape-picture') - b).max() <= 3


def without_sharp(page):
    "A page on which pictures are as large as the model of rows wants them."
    page.route('**/sharp/*', lambda route: route.fulfill(status=404))
    return page


@pytest.fixture
def wide_file(tmp_path):
    "A red stripe across a picture that no canvas could hold as a square."
    from PIL import Image
    picture = Image.new('RGB', (40_000, 1500), 'white')
    picture.paste((200, 20, 30), (0, 500, 40_000, 1000))
    picture.save(tmp_path / 'wide.png')
    return tmp_path / 'wide.png'


def test_a_very_wide_photo_is_no_black_car(page, wide_file):
    opened(page, 'photo').set_input_files('#photo-file', wide_file)
    page.wait_for_selector('#photo-grid:not([hidden])')
    seen = pixels(page, 'photo-before')
    assert (seen[:40] > 250).all() and (seen[-40:] > 250).all(), 'white above and below'
    assert (seen[..., 0] > seen[..., 1] + 20).any(0).all(), 'a red stripe from left to right'


def test_a_new_file_replaces_the_old_picture_and_a_bad_one_clears_it(page, car_file, wide_file):
    opened(page, 'photo').set_input_files('#photo-file', wide_file)
    page.set_input_files('#photo-file', car_file)
    page.wait_for_selector('#photo-grid:not([hidden])')
    page.wait_for_timeout(1500)
    after_another = [pixels(page, f'photo-{o}') for o in ('before', 'after', 'sharp')]
    opened(page, 'photo').set_input_files('#photo-file', car_file)
    page.wait_for_selector('#photo-grid:not([hidden])')
    for name, o in zip(('before', 'after', 'sharp'), after_another): assert (pixels(page, f'photo-{name}') == o).all()
    page.set_input_files('#photo-file', dict(name='text.png', mimeType='image/png', buffer=b'no picture'))
    page.wait_for_selector('#photo-problem:not([hidden])')
    assert page.is_hidden('#photo-pair') and page.is_hidden('#photo-more') and 'z' not in fragment(page)


def test_a_photo_without_a_connection(bare, car_file):
    opened(bare, 'photo')
    bare.context.set_offline(True)
    bare.set_input_files('#photo-file', car_file)
    bare.wait_for_selector('#photo-problem:not([hidden])')
    assert 'offline' in bare.inner_text('#photo-problem') and bare.is_hidden('#photo-pair')
    bare.context.set_offline(False)
    bare.set_input_files('#photo-file', [])
    bare.set_input_files('#photo-file', car_file)
    bare.wait_for_selector('#photo-grid:not([hidden])')
    assert bare.is_hidden('#photo-problem')


@pytest.mark.parametrize('part, state', [('constructor', ''), ('map', '&x=north&y=NaN'), ('dream', '&seed=x'),
                                         ('ask', '&style=boat&azimuth=&seed=-1'), ('blend', '&a=99&t=half')])
def test_an_address_of_nonsense_opens_something_whole(page, part, state):
    page.goto(f'/explorer/index.html#part={part}{state}')
    page.wait_for_selector('#status:has-text("Ready")')
    settle(page)
    assert 'NaN' not in page.url and 'undefined' not in page.url
    assert page.is_visible(f'#{part if part in parts else "ask"}')


def test_the_way_back_leads_to_the_part_before(page):
    opened(page, 'blend', '&a=2&b=5&t=0.3')
    page.click('#tab-shape')
    page.wait_for_selector('#shape:not([hidden])')
    page.go_back()
    page.wait_for_selector('#blend:not([hidden])')
    settle(page)
    assert [page.input_value(f'#blend-{o}') for o in 'abt'] == ['2', '5', '0.3']


def test_the_explorer_has_the_colours_that_the_site_has(page):
    def dark(): return page.evaluate('getComputedStyle(document.documentElement).backgroundColor') == 'rgb(20, 25, 31)'
    for scheme in 'light', 'dark':
        page.emulate_media(color_scheme=scheme)
        opened(page, 'map')
        assert dark() == (scheme == 'dark')
        for chosen in 'default', 'alternate':
            page.evaluate("value => localStorage.setItem('smalldocs-scheme', value)", chosen)
            opened(page, 'map')
            assert dark() == (chosen == 'alternate')
        page.evaluate("localStorage.removeItem('smalldocs-scheme')")


def test_encoder_in_the_page_is_the_exported_one(bare, car_file):
    "The same picture, encoded by the page and by onnxruntime."
    from PIL import Image
    from car_vae.data import Preparation
    page = without_sharp(bare)
    opened(page, 'photo').set_input_files('#photo-file', car_file)
    page.wait_for_selector('#photo-pair:not([hidden])')
    x = (pixels(page, 'photo-before').transpose(2, 0, 1)[None] - 127.5)/127.5
    assert np.abs(run_onnx('model/encoder.onnx', x=x[0]) - linked_latent(page)).max() < 0.01
    assert np.abs(pixels(page, 'photo-before') - Preparation(64)(Image.open(car_file)).transpose(1, 2, 0)).mean() < 2


def with_meta(page, meta, **changes):
    "Let the page find another meta.json."
    body = json.dumps(meta | changes)
    page.route('**/model/meta.json', lambda route: route.fulfill(body=body, content_type='application/json'))


@pytest.mark.parametrize('crop', [False, True])
def test_a_photo_is_cropped_where_the_training_was(bare, meta, tmp_path, crop):
    "A car in the corner of a large white page: as training prepares it, with the crop and without."
    page = without_sharp(bare)
    from PIL import Image
    from car_vae.cars import embedded_cars
    from car_vae.data import Preparation
    from car_vae.export import CROP
    picture = Image.new('RGB', (300, 200), 'white')
    picture.paste(Image.fromarray(embedded_cars(1, 128, seed=7, progress=False)[0][0].transpose(1, 2, 0)), (150, 60))
    picture.save(tmp_path / 'corner.png')
    with_meta(page, meta, preprocessing=meta['preprocessing'] | dict(crop=CROP if crop else None))
    opened(page, 'photo').set_input_files('#photo-file', tmp_path / 'corner.png')
    page.wait_for_selector('#photo-pair:not([hidden])')
    wanted, other = (Preparation(64, crop=o)(picture).transpose(1, 2, 0).astype(int) for o in (crop, not crop))
    seen = pixels(page, 'photo-before')
    assert np.abs(seen - wanted).mean() < 3 < np.abs(seen - other).mean()
    assert page.is_visible('#photo-crop') == crop


def test_a_model_of_photos_comes_without_their_latents(page, meta):
    "No map, a word about it, and draws to begin with."
    with_meta(page, meta, trained_on='photos', latents_of='nothing', map=None, factors=[], examples=[],
              example_names=[])
    opened(page, 'blend')
    assert page.is_hidden('#tab-map') and page.is_visible('#tab-dream')
    assert 'without the latents' in page.inner_text('#note') and '2,800 photos' in page.inner_text('#seen')
    assert page.text_content('#blend-a option >> nth=0') == 'draw 1'
    before = pixels(page, 'blend-picture')
    page.select_option('#blend-b', '3')
    settle(page)
    assert (pixels(page, 'blend-picture') != before).any()
    page.click('#tab-shape')
    settle(page)
    assert page.is_hidden('#shape-factors') and pixels(page, 'shape-picture').std() > 5
    assert accessibility(page) == []


def test_a_latent_that_is_no_row_is_refused_in_words(page, meta):
    with_meta(page, meta, latent_shape=[2, 4, 4])
    page.goto('/explorer/index.html')
    page.wait_for_selector('#status.problem')
    assert '2 × 4 × 4' in page.inner_text('#status')


def test_a_drop_is_taken(page, car_file):
    opened(page, 'photo')
    page.evaluate('''bytes => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], 'car.png', {type: 'image/png'}));
        document.getElementById('photo-drop').dispatchEvent(new DragEvent('drop',
                                                                          {dataTransfer: data, bubbles: true,
                                                                           cancelable: true}));
    }''', list(car_file.read_bytes()))
    page.wait_for_selector('#photo-pair:not([hidden])')


def test_tabs_by_keyboard_keep_their_state(page):
    opened(page, 'blend', '&a=2&b=5&t=0.3')
    page.focus('#tab-blend')
    for name in *parts[2:], *parts[:2]:
        page.keyboard.press('ArrowRight')
        page.wait_for_selector(f'#{name}:not([hidden])')
    settle(page)
    assert [page.input_value(f'#blend-{o}') for o in 'abt'] == ['2', '5', '0.3']


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('part', parts)
def test_explorer_is_accessible_and_fits_a_phone(page, part, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(dict(width=390, height=800))
    opened(page, part)
    assert accessibility(page) == []
    assert page.evaluate('document.documentElement.scrollWidth') <= 390


def test_no_webassembly(bare):
    bare.add_init_script('delete window.WebAssembly')
    bare.goto('/explorer/index.html')
    bare.wait_for_selector('#status.problem')
    assert 'WebAssembly' in bare.inner_text('#status')


def test_the_policy_lets_nothing_out(bare):
    opened(bare, 'blend')
    assert bare.evaluate("fetch('https://example.org').then(() => 'sent', () => 'refused')") == 'refused'
    directive = '''new Promise(r => {
        addEventListener('securitypolicyviolation', e => r(e.effectiveDirective));
        fetch('https://example.org').catch(() => {});
    })'''
    assert bare.evaluate(directive) == 'connect-src'


def test_the_page_says_how_long_a_redraw_takes(page):
    opened(page, 'shape')
    for _ in range(15):
        page.press('#shape-directions input', 'ArrowRight')
        page.wait_for_timeout(80)
    assert int(page.inner_text('#time').split()[1]) > 0
