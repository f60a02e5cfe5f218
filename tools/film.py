"""Film the explorer as somebody asks it for cars: python tools/film.py, after `make docs`.

It needs Chromium, and writes nbs/images/explorer.gif."""
import io
from pathlib import Path

import browser
from PIL import Image

root = Path(__file__).resolve().parent.parent
docs, film = root / '_docs', root / 'nbs' / 'images' / 'explorer.gif'
SIZE, WIDTH, COLOURS = dict(width=1000, height=900), 600, 255 # of the window and of the film, in pixels
LONG, SHORT = 900, 160 # ms
BEGIN = '#part=ask&style=saloon&paint=%231f55a5&azimuth=40&elevation=10&seed=4'
SCENES = ['#ask-style label:has-text("SUV")', '#ask-paint label:has-text("red")', '#ask-style label:has-text("van")',
          '#ask-paint label:has-text("yellow")', '#ask-another', '#ask-style label:has-text("coupe")',
          '#ask-paint label:has-text("green")']
TURN = range(60, 401, 20) # degrees


def frame(page):
    "What the window shows of the open part, as a small picture."
    picture = Image.open(io.BytesIO(page.locator('#ask .beside').screenshot())).convert('RGB')
    return picture.resize((WIDTH, WIDTH*picture.height//picture.width), Image.Resampling.LANCZOS)


def shoot(page):
    "Pictures, and for how many milliseconds each is shown."
    shots = [(frame(page), LONG)]
    for click in SCENES:
        page.click(click)
        page.wait_for_timeout(600)
        shots.append((frame(page), LONG))
    for azimuth in TURN:
        page.evaluate('''value => {
            const slider = document.getElementById('ask-azimuth');
            slider.value = value;
            slider.dispatchEvent(new Event('input'));
        }''', azimuth % 360)
        page.wait_for_timeout(300)
        shots.append((frame(page), SHORT))
    return shots


def beside(pictures):
    "All of them in one, to choose colours from."
    whole = Image.new('RGB', (WIDTH, sum(o.height for o in pictures)))
    for i, o in enumerate(pictures): whole.paste(o, (0, i*o.height))
    return whole


def main():
    with browser.chromium() as chromium:
        _, site = browser.serve(docs)
        page = chromium.new_page(viewport=SIZE)
        page.goto(f'{site}/explorer/index.html{BEGIN}')
        page.wait_for_selector('#status:has-text("Ready")')
        page.wait_for_timeout(1000)
        pictures, times = zip(*shoot(page))
    colours = beside(pictures).quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    first, *rest = (o.quantize(palette=colours, dither=Image.Dither.NONE) for o in pictures)
    first.save(film, save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    print(f'{film}: {len(times)} pictures, {film.stat().st_size/1e6:.1f} MB')


if __name__ == '__main__': main()
