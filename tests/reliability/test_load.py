"Many images: memory that stays bounded, and as much work for each image however many there are."
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import picture
from PIL import Image
from torture import note, only_in_torture

from car_vae.data import car_dls, image_store

MANY, FEW = 50_000, 500
MEMORY = 1.5e9 # bytes beyond the libraries
LONGER = 2 # times as much work for each image: more is no longer the same
SIDE, BLOCK, KINDS = 64, 8, 48 # pixels of an image, of the block that makes it another one, and different pictures
HUGE, HUGE_SIDE = 20e9, 512 # bytes of a store, and pixels of its images
LITTLE = 150e6 # bytes that a look at it may take
WORK = '--size', f'{SIDE}', '--bs', '128', '--epochs', '1', '--device', 'cpu'
CHILD = f"""import json, sys, time
import car_vae.evaluate, car_vae.train
from car_vae.cli import main
from car_vae.data import image_store
from test_load import bytes_of

def seconds(source):
    start = time.process_time()
    n = len(image_store(source, {SIDE}))
    return (time.process_time() - start)/n

before = bytes_of('VmRSS')
few, many = seconds('few'), seconds('many')
prepared = bytes_of('VmHWM') - before
try: main(['train', 'many', *{WORK}, '--out', 'run'])
except SystemExit as e: code = e.code
print(json.dumps(dict(code=code, few=few, many=many, prepared=prepared, trained=bytes_of('VmHWM') - before)))"""

status = Path('/proc/self/status')
where_memory_is_told = pytest.mark.skipif(not status.exists(), reason='memory as Linux tells it')


def bytes_of(name):
    "What this process has in memory now (`VmRSS`), or had at most (`VmHWM`)."
    return next(int(o.split()[1])*1024 for o in status.read_text().splitlines() if o.startswith(name))


def photos(folder, n):
    "JPEG files, no two alike: a few pictures, each with one grey block in all places and shades."
    folder.mkdir()
    few = [np.asarray(picture(i, (SIDE, SIDE))) for i in range(KINDS)]
    for i in range(n):
        a, (shade, place) = few[i % KINDS].copy(), divmod(i//KINDS, (SIDE//BLOCK)**2)
        y, x = np.array(divmod(place, SIDE//BLOCK))*BLOCK
        a[y:y + BLOCK, x:x + BLOCK] = 12*shade
        Image.fromarray(a).save(folder/f'{i}.jpg')
    return folder


@pytest.fixture(scope='module')
def loaded(tmp_path_factory):
    "What it takes to prepare few images and many, and to train on these for an epoch, in a process of its own."
    folder, start = tmp_path_factory.mktemp('load'), time.perf_counter()
    photos(folder/'few', FEW), photos(folder/'many', MANY)
    path = os.pathsep.join(filter(None, [*map(str, Path(__file__).parents[:2]), os.environ.get('PYTHONPATH')]))
    env = os.environ | dict(CAR_VAE_CACHE=str(folder/'cache'), PYTHONPATH=path)
    command = [sys.executable, '-W', 'ignore', '-c', CHILD]
    p = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert p.returncode == 0, p.stdout + p.stderr
    shutil.rmtree(folder)
    figures = json.loads(p.stdout.splitlines()[-1])
    note('load', start, images=MANY, prepared_mb=round(figures['prepared']/1e6), mb=round(figures['trained']/1e6),
         ms_for_an_image=round(1e3*figures['many'], 2), ms_for_one_of_few=round(1e3*figures['few'], 2))
    return figures, p.stdout


@only_in_torture
@where_memory_is_told
def test_many_images_are_prepared_and_trained_on_in_bounded_memory(loaded):
    figures, said = loaded
    assert figures['code'] == 0 and f'{MANY:,} images of {SIDE}x{SIDE}' in said and 'over 15,000 images' in said
    assert figures['trained'] < MEMORY


@only_in_torture
@where_memory_is_told
def test_an_image_of_many_takes_no_longer_than_one_of_few(loaded):
    assert loaded[0]['many'] < LONGER*loaded[0]['few']


def calls(do):
    "How many functions are called, in all threads that begin meanwhile, by the kind of the call."
    counts = Counter()
    def count(frame, event, arg): counts[event] += 1
    threading.setprofile(count), sys.setprofile(count)
    try: do()
    finally: threading.setprofile(None), sys.setprofile(None)
    return counts['call'] + counts['c_call']


def test_an_image_of_many_takes_as_many_calls_as_one_of_few(here):
    sources = {n: photos(here/f'{n}', n) for n in (50, 400)}
    few, many = (calls(lambda: image_store(o, SIDE))/n for n, o in sources.items())
    assert 10 < many < 1.1*few, (few, many)


@pytest.fixture
def huge(here):
    "A source whose store is a huge file of nothing, and that file."
    Path('photos').mkdir()
    picture(0, (40, 40)).save('photos/0.png')
    image_store('photos', HUGE_SIDE)
    kept, = Path('cache/stores').iterdir()
    n = int(HUGE)//(3*HUGE_SIDE**2)
    with open(kept/'images.npy', 'r+b') as f:
        np.lib.format.write_array_header_1_0(f, dict(descr='|u1', fortran_order=False,
                                                     shape=(n, 3, HUGE_SIDE, HUGE_SIDE)))
        f.truncate(f.tell() + n*3*HUGE_SIDE**2)
    meta = json.loads((kept/'meta.json').read_text())
    meta.update(names=[f'{i}.png' for i in range(n)], prints=[f'{i:016x}' for i in range(n)])
    (kept/'meta.json').write_text(json.dumps(meta))
    return 'photos', kept/'images.npy'


@where_memory_is_told
def test_a_huge_store_is_not_read_before_its_images_are_needed(huge):
    source, file = huge
    before, disk = bytes_of('VmRSS'), file.stat().st_blocks
    store = image_store(source, HUGE_SIDE)
    assert store.images.nbytes > 0.99*HUGE and not store[len(store)//2].any() and not store[-1].any()
    dls = car_dls(source, HUGE_SIDE, bs=4, device='cpu')
    assert len(dls.train_ds) + len(dls.valid_ds) == len(store) == len(set(store.prints))
    for dl in dls: assert (next(iter(dl))[0] == -1).all()
    assert bytes_of('VmRSS') - before < LITTLE
    assert file.stat().st_blocks == disk < 10**4 # of half a kilobyte each
