"Hostile input ends soon, with a clear message, within bounded memory, and writes nothing where it should not."
import json
import os
import pickle
import resource
import shutil
import signal
import stat
import struct
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest
import torch
from conftest import picture
from torture import ALL, note, only_in_torture

from car_vae.data import ImageStore, Preparation, image_store
from car_vae.files import MAX_BYTES
from car_vae.run import Recipe, Run
from car_vae.train import train

PATIENCE = 600 if ALL else 120 # seconds until something counts as hanging
MEMORY = 1000 # MiB more than before: all that a bomb may take
SIZE = 32 # pixels of the prepared images
HUGE = 10**9
BLOCK = bytes(10**7)
N_GOOD = 3
FLIPS = 200 if ALL else 40 # damaged zip files

pytestmark = pytest.mark.skipif(os.name == 'nt', reason='pipes and alarms as Unix has them')


@pytest.fixture(autouse=True)
def here(here):
    "An empty folder to work in; what takes too long there is interrupted."
    def stop(*_): raise TimeoutError('it hangs')
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    yield here
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def bounded():
    "Fail where this process needed much more memory than before."
    unit = 2**20 if sys.platform == 'darwin' else 2**10
    def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/unit
    before = peak()
    yield
    assert peak() - before < MEMORY


def png(i):
    "The bytes of a picture."
    f = BytesIO()
    picture(i, (40, 40)).save(f, 'PNG')
    return f.getvalue()


def zipped(name, *entries):
    "A zip file of a few good pictures and of some entries more: pairs of a name and bytes."
    with ZipFile(name, 'w', ZIP_DEFLATED) as z:
        for i in range(N_GOOD): z.writestr(f'good{i}.png', png(i))
        for o in entries: z.writestr(*o)
    return name


def bomb(name, start, size=10**7, entry='bomb'):
    "A zip file with an entry that is large, and small as it is packed."
    zipped(name)
    with ZipFile(name, 'a', ZIP_DEFLATED) as z, z.open(entry, 'w', force_zip64=True) as f:
        f.write(start)
        for _ in range(size//len(BLOCK)): f.write(BLOCK)
    return name


def skipped(source):
    "What is skipped in a source of a few good pictures, and why."
    store = image_store(source, SIZE)
    assert len(store) >= N_GOOD
    return dict(store.skipped.values)


# Zip files

STARTS = {'nothing': b'', 'PNG': png(0)[:33] + struct.pack('>I', 2**31 - 1) + b'zTXt',
          'JPEG': b'\xff\xd8\xff\xe0\0\2\0',
          'JPEG of parts': b'\xff\xd8' + b'\xff\xe0\0\2'*10**7, 'GIF': b'GIF89a\1\0\1\0\0\0\0!\xfe' + b'\1a'*10**7,
          'WEBP': b'RIFF\xff\xff\xff\x7fWEBPVP8 '}


def test_an_entry_that_grows_without_end_is_skipped(bounded):
    assert skipped(bomb('bomb.zip', png(0), MAX_BYTES)) == {'bomb': 'too large: more than 300 MB'}


@pytest.mark.parametrize('start', STARTS.values(), ids=STARTS)
def test_a_long_header_keeps_nobody_busy(start, bounded):
    assert skipped(bomb('bomb.zip', start))['bomb'] in ('not an image', 'damaged', 'truncated')


def test_a_config_without_end_is_no_run(bounded):
    assert 'r/config.json' in skipped(bomb('bomb.zip', b'"', entry='r/config.json'))
    assert 'r/config.json' in skipped(zipped('deep.zip', ('r/config.json', '['*10**5)))


def test_names_in_a_zip_file_lead_nowhere(here):
    (here/'in').mkdir()
    os.chdir(here/'in')
    names = '../up.png', '/abs.png', 'a/../../b.png', '..\\back.png'
    zipped('names.zip', *((o, png(10 + i)) for i, o in enumerate(names)))
    assert len(image_store('names.zip', SIZE)) == N_GOOD + len(names)
    assert sorted(o.name for o in here.iterdir()) == ['cache', 'in'] and os.listdir() == ['names.zip']


def test_a_link_in_a_zip_file_is_not_followed():
    link = ZipInfo('link.png')
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    assert skipped(zipped('links.zip', (link, '/etc/hostname'))) == {
        'link.png': 'a link: put the file itself into the zip file'}


def test_a_zip_file_in_a_zip_file_is_named():
    inner = Path(zipped('inner.zip')).read_bytes()
    assert skipped(zipped('nested.zip', ('inner.png', inner))) == {'inner.png': 'not an image: a zip file'}


@pytest.mark.parametrize('n', [2000, pytest.param(100_000, marks=only_in_torture)])
def test_a_zip_file_of_many_entries_is_read(n, bounded):
    start = time.perf_counter()
    assert len(skipped(zipped('many.zip', *((f'{i}.txt', 'x') for i in range(n))))) == n
    note('entries of a zip file', start, n=n)


def test_many_runs_in_a_source_take_no_squared_time():
    entries = [(f'{i}/{name}', '{"recipe": 1}') for i in range(5000) for name in ('config.json', 'a.txt')]
    assert set(skipped(zipped('runs.zip', *entries)).values()) == {'a run folder'}


def test_damaged_zip_files_are_read_in_part_or_refused_in_words():
    start, refused = time.perf_counter(), 0
    data = np.frombuffer(Path(zipped('whole.zip', ('r/config.json', '{"recipe": 1}'*50))).read_bytes(), np.uint8)
    for seed in range(FLIPS):
        rng, a = np.random.default_rng(seed), data.copy()
        where = rng.integers(0 if seed % 2 else len(a) - 600, len(a), 3) # half of them in the list of files
        np.bitwise_xor.at(a, where, 1 << rng.integers(0, 8, 3).astype(np.uint8))
        Path('flipped.zip').write_bytes(a.tobytes())
        try: image_store('flipped.zip', SIZE)
        except ValueError as e: refused += not str(e).startswith(('flipped.zip', 'None of', str(Path.cwd())))
    assert refused == 0
    note('damaged zip files', start, n=FLIPS)


# Folders

@pytest.fixture
def folder():
    "A folder of a few good pictures."
    Path('photos').mkdir()
    for i in range(N_GOOD): Path(f'photos/good{i}.png').write_bytes(png(i))
    return Path('photos')


def test_pipes_devices_and_loops_of_links_are_skipped(folder):
    os.mkfifo(folder/'pipe.png')
    for name, target in dict(zero='/dev/zero', loop='loop', again='../photos').items(): (folder/name).symlink_to(target)
    assert skipped(folder) == {'pipe.png': 'not an ordinary file', 'zero': 'not an ordinary file',
                               'loop': 'a link in circles', 'again': 'a link to a folder that is read already'}


def test_a_pipe_is_no_source_and_no_picture(call):
    os.mkfifo('pipe')
    assert 'not an ordinary file' in call('train', 'pipe', code=2)[1]
    with pytest.raises(ValueError, match='not an ordinary file'): Preparation(SIZE).read('pipe')


def png_of(width, height):
    "A PNG file that claims to be of that size."
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return png(0)[:8] + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + chunk(b'IDAT', b'')


def progressive(side):
    "A progressive JPEG file that claims to be a square of that size."
    f = BytesIO()
    picture(1, (40, 40)).save(f, 'JPEG', progressive=True)
    a = f.getvalue()
    at = a.find(b'\xff\xc2') + 5
    return a[:at] + struct.pack('>HH', side, side) + a[at + 4:]


def test_huge_dimensions_take_no_memory(folder, bounded):
    bombs = dict(a=png_of(2**31 - 1, 2**31 - 1), b=b'P6 2000000000 2000000000 255\n', c=progressive(65500))
    for name, data in bombs.items(): (folder/name).write_bytes(data)
    assert skipped(folder) == dict.fromkeys(bombs, 'too large: more than 89 million pixels')


def test_a_file_of_holes_is_skipped(folder, bounded):
    with open(folder/'sparse.jpg', 'wb') as f:
        f.write(b'\xff\xd8\xff\xe0')
        f.truncate(2*MAX_BYTES)
    assert skipped(folder) == {'sparse.jpg': 'too large: more than 300 MB'}


# Runs

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    "A tiny run."
    x = np.stack([Preparation(SIZE)(picture(i, (40, 40))) for i in range(8)])
    recipe = Recipe.quick(size=SIZE, latent_dim=4, bs=4, epochs=1)
    return train(ImageStore(x, list('abcdefgh')), recipe, tmp_path_factory.mktemp('run')/'run', quiet=True).folder


@pytest.fixture
def changed(trained):
    "The run with changes in its config.json."
    def change(f):
        shutil.copytree(trained, 'run')
        c = json.loads(Path('run/config.json').read_text())
        f(c)
        Path('run/config.json').write_text(json.dumps(c))
        return Run('run')
    return change


def everywhere(c):
    for o in c, c['recipe'], c['prepare']: o['size'] = HUGE


CHANGES = {'all sizes': everywhere, 'size': lambda c: c.update(size=HUGE),
           'latents': lambda c: c['recipe'].update(options=dict(latent_dim=HUGE)),
           'prepare': lambda c: c['prepare'].update(size=HUGE),
           'a word': lambda c: c.update(size='x'), 'no dict': lambda c: c.update(versions=5, source=5),
           'a lost line': lambda c: c.pop('device')}


@pytest.mark.parametrize('change', CHANGES.values(), ids=CHANGES)
def test_what_cannot_be_in_a_config_is_refused(changed, change, bounded, call):
    err = call('sample', changed(change), 'out', code=2)[1]
    assert ('is damaged' in err or 'do not fit' in err) and err.count('\n') == 1 and not Path('out').exists()


class Code:
    "What runs a command when it is unpickled."
    def __reduce__(self): return os.mkdir, ('executed',)


WRITERS = dict(torch=lambda p: torch.save(dict(model=Code()), p), pickle=lambda p: p.write_bytes(pickle.dumps(Code())))


@pytest.mark.parametrize('write', WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize('name', ['checkpoint.pt', 'model.safetensors'])
def test_code_in_a_file_of_a_run_is_not_executed(trained, call, name, write):
    from car_vae.train import read_checkpoint
    shutil.copytree(trained, 'run')
    write(Path('run')/name)
    if name == 'checkpoint.pt':
        with pytest.raises(ValueError, match='checkpoint.pt is damaged'): read_checkpoint('run')
    else: assert f'{name} is damaged' in call('sample', 'run', 'out', code=2)[1]
    assert not Path('executed').exists()


# The terminal

def test_control_characters_are_shown_and_not_obeyed(changed, call, folder):
    (folder/'\x1b[31m\u202e.jpg').write_text('x')
    run = changed(lambda c: c.update(machine='\x1b[2J'))
    for words in ('info', run), ('reconstruct', run, folder, 'out'):
        out = call(*words)[0]
        assert '\x1b' not in out and '\u202e' not in out and r'\x1b[' in out
    err = call('reconstruct', run, '\x1b[31m', 'out', code=2)[1]
    assert '\x1b' not in err and r'\x1b[31m' in err
