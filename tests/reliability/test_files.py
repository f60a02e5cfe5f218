"Odd and broken files are read right or skipped by name, and nothing but our own words reaches the terminal."
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import odd_files
import pytest
from conftest import picture
from PIL import Image
from torture import note

from car_vae.data import Preparation, image_store

SIDE = 64 # pixels of the prepared images
BAD_GROUPS = 'starts', 'truncated', 'flipped' # whose files make libraries talk
LEAST = 300 # odd files
MANY = 12 # files to skip: more than the terminal lists
READ = f"""import sys
from car_vae.data import image_store
for o in sys.argv[1:]: image_store(o, {SIDE})"""


@pytest.fixture(scope='module')
def odd(tmp_path_factory):
    "The odd files, where they are, a store of each group, and when their reading began."
    folder, files = tmp_path_factory.mktemp('odd'), odd_files.odd_files()
    odd_files.write(folder, files)
    start = time.perf_counter()
    with pytest.MonkeyPatch.context() as m:
        m.setenv('CAR_VAE_CACHE', str(folder/'cache'))
        stores = {o.__name__: image_store(folder/o.__name__, SIDE) for o in odd_files.GROUPS}
    return files, folder, stores, start


def outcome(odd, stores):
    "The prepared image of an odd file, or the reason why there is none."
    group, name = odd.name.split('/')
    store, why = stores[group], dict(stores[group].skipped.values)
    return why[name] if name in why else store.images[store.names.index(name)]


def fault(odd, stores):
    "What is wrong with what became of an odd file; nothing if it is as it should be."
    got = outcome(odd, stores)
    if isinstance(got, str): return '' if got.startswith(odd.reasons or '\0') else f'{odd.name}: skipped: {got}'
    if odd.picture is None: return '' if odd.name.startswith('flipped') else f'{odd.name}: read'
    off = np.abs(got.astype(float) - Preparation(SIDE)(odd.picture)).mean()
    return '' if off <= odd.off else f'{odd.name}: differs by {off:.1f}'


def test_odd_files_are_read_right_or_skipped_by_a_fitting_reason(odd):
    files, _, stores, start = odd
    assert len(files) >= LEAST
    assert [o for o in (fault(f, stores) for f in files) if o] == []
    outcomes = [outcome(f, stores) for f in files]
    note('odd files', start, n=len(files), **Counter(o if isinstance(o, str) else 'read' for o in outcomes))


def test_every_group_holds_files(odd):
    files, _, stores, _ = odd
    assert {o.name.split('/')[0] for o in files} == set(stores)


def test_c_libraries_write_nothing_onto_the_terminal(odd, tmp_path):
    command = [sys.executable, '-W', 'ignore', '-c', READ, *(odd[1]/o for o in BAD_GROUPS)]
    p = subprocess.run(command, capture_output=True, text=True, env=os.environ | {'CAR_VAE_CACHE': str(tmp_path)})
    assert (p.returncode, p.stdout, p.stderr) == (0, '', '')


def test_python_still_writes_while_c_libraries_are_silenced():
    code = """import os, sys
from car_vae.files import quiet
with quiet(), quiet():
    os.write(2, b'C ')
    print('Python', file=sys.stderr)
os.write(2, b'after')"""
    p = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (p.stdout, p.stderr) == ('', 'Python\nafter')


@pytest.fixture
def half_bad(here):
    "A folder of pictures and of more files that are none than the terminal lists."
    folder = Path('half bad')
    folder.mkdir()
    for i in range(MANY):
        picture(i, (40, 40)).save(folder/f'{i}.png')
        (folder/f'{i:02}.txt').write_text('no image')
    (folder/'\x1b[31m.txt').write_text('no image')
    return folder


def test_a_run_keeps_the_whole_list_of_what_was_skipped(half_bad, call):
    tiny = '--size', '32', '--latent-dim', '4', '--bs', '4', '--epochs', '1'
    out = call('train', half_bad, *tiny)[0]
    kept = Path('runs/half bad-quick/skipped.json')
    assert f'and {MANY - 4} more: {kept} lists all of them' in out
    assert '\x1b' not in out and r'\x1b[31m.txt' in out
    (why, names), = json.loads(kept.read_text())[str(half_bad.resolve())].items()
    assert (why, len(names)) == ('not an image', MANY + 1)


def test_a_picture_is_not_judged_by_its_ending(tmp_path):
    Image.new('RGB', (9, 9), 'red').save(tmp_path/'a.zip', 'PNG')
    assert Preparation(32).read(tmp_path/'a.zip').shape == (3, 32, 32)
