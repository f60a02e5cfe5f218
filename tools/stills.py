"""Take a still picture of each moving figure, for where scripts don't run: python tools/stills.py, after `make docs`.

It needs Chromium, and writes nbs/images/NAME.png for each figure NAME of the lessons."""
import io
import re
import sys

import browser
import readme
from PIL import Image

docs, images = readme.root / '_docs', readme.root / 'nbs' / 'images'
SIZE, SCALE, COLOURS = dict(width=900, height=1400), 1.5, 200 # of the window in pixels, pixels for each, of the picture


def figures():
    "The name of each moving figure, and the page that it is on."
    for f in sorted(docs.glob('*.html')):
        for name in re.findall(r'data-figure="(\w+)"', f.read_text(encoding='utf-8')): yield name, f.name


def shot(page, name):
    "What a figure shows as it begins."
    figure = page.locator(f'[data-figure={name}]')
    figure.scroll_into_view_if_needed()
    page.wait_for_selector(f'[data-figure={name}].moving canvas')
    page.wait_for_timeout(500)
    return Image.open(io.BytesIO(figure.screenshot())).convert('RGB')


def main(*wanted):
    with browser.chromium() as chromium:
        _, site = browser.serve(docs)
        page = chromium.new_page(viewport=SIZE, device_scale_factor=SCALE)
        for name, where in figures():
            if wanted and name not in wanted: continue
            page.goto(f'{site}/{where}')
            still = images / f'{name}.png'
            shot(page, name).quantize(COLOURS).save(still, optimize=True)
            print(f'{still}: {still.stat().st_size/1e3:.0f} kB')


if __name__ == '__main__': main(*sys.argv[1:])
