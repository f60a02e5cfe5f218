"What several files of tests share: pictures, the command line in this process, the site in a browser."
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from car_vae.cli import main

root = Path(__file__).resolve().parent.parent
NEEDED = 'the site needs npm and its tests Chromium: on Debian or Ubuntu, apt-get install npm chromium'


def picture(seed, size):
    "A coloured block on a white ground, somewhere else for every seed."
    rng = np.random.default_rng(seed)
    a = np.full((*size[::-1], 3), 255, np.uint8)
    y, x = rng.integers(2, 14, 2)
    a[y:y + 16, x:x + 20] = rng.integers(0, 200, 3)
    return Image.fromarray(a)


@pytest.fixture
def here(tmp_path, monkeypatch):
    "An empty folder to work in, with a cache of its own."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('CAR_VAE_CACHE', str(tmp_path/'cache'))
    return tmp_path


@pytest.fixture
def call(here, capsys):
    "The command line in this process, in the folder `here`: without the seconds that PyTorch needs to start."
    def _call(*args, code=0):
        with pytest.raises(SystemExit) as e: main([*map(str, args)])
        out, err = capsys.readouterr()
        assert e.value.code == code, out + err
        return out, err
    return _call


@pytest.fixture(scope='session')
def site():
    "The address of a freshly built site."
    import browser
    if not browser.path or not shutil.which('npm'): pytest.skip(NEEDED)
    subprocess.run([sys.executable, root / 'tools' / 'build_docs.py'], check=True)
    server, address = browser.serve(root / '_docs')
    yield address
    server.shutdown()


@pytest.fixture(scope='session')
def chromium(site):
    "A browser for all tests."
    import browser
    with browser.chromium() as opened: yield opened


@pytest.fixture
def bare(chromium, site):
    "A page of which nothing is asked."
    context = chromium.new_context(base_url=site, permissions=['clipboard-read', 'clipboard-write'])
    yield context.new_page()
    context.close()


@pytest.fixture
def page(bare, site):
    "A page that notes errors and requests to other hosts; both have to be none at the end."
    wrong = []
    bare.on('console', lambda m: m.type == 'error' and wrong.append(m.text))
    bare.on('pageerror', lambda e: wrong.append(str(e)))
    bare.on('request', lambda r: r.url.startswith((site, 'blob:', 'data:')) or wrong.append(r.url))
    yield bare
    assert not wrong
