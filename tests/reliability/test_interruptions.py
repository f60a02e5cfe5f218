"Whatever is killed, at whatever moment, goes on, and ends with the same bytes as if nothing had happened."
import multiprocessing
import random
import time
from functools import partial

import pytest
from chain import RESULTS, chain, results, take_photos
from torture import ALL, note

from car_vae.run import Run

KILLS = 50 if ALL else 2 # moments
PATIENCE = 300 # seconds for a whole chain on the slowest machine

methods = multiprocessing.get_all_start_methods()
pytestmark = pytest.mark.skipif('forkserver' not in methods, reason='processes as Unix has them')


@pytest.fixture(scope='module')
def begin(tmp_path_factory):
    "Begin a chain in a folder, in a process that has PyTorch in memory already."
    photos, context = tmp_path_factory.mktemp('shoot')/'photos', multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['chain'])
    take_photos(photos)

    def _begin(target, *args):
        process = context.Process(target=target, args=args)
        process.start()
        return process
    _begin(int).join() # the first one waits for PyTorch
    return partial(_begin, chain, photos)


def to_its_end(process):
    "Wait for a chain; how many seconds that took."
    start = time.perf_counter()
    process.join(PATIENCE)
    assert process.exitcode == 0
    return time.perf_counter() - start


@pytest.fixture(scope='module')
def whole(begin, tmp_path_factory):
    "What a chain gives that nobody interrupts, and the seconds that it takes."
    folder = tmp_path_factory.mktemp('whole')
    seconds = to_its_end(begin(folder))
    return results(folder), seconds


def state(folder):
    "How far a chain came; whatever is there can be read."
    run = Run(folder/'run')
    if (folder/'web'/'meta.json').exists(): return 'exported'
    if run.finished: run.model(), run.prior()
    if run.has_prior: return 'with a prior'
    if (run/'flow.pt').exists(): return 'fitting a prior'
    if run.finished: return 'trained'
    return 'training' if run.exists and (run/'checkpoint.pt').exists() else 'before the first checkpoint'


def test_killed_at_random_moments(begin, whole, tmp_path):
    (expected, seconds), rng, start, found = whole, random.Random(0), time.perf_counter(), []
    for i in range(KILLS):
        process = begin(tmp_path/str(i))
        time.sleep(rng.random()*seconds)
        process.kill()
        process.join()
        found.append(state(tmp_path/str(i)))
        to_its_end(begin(tmp_path/str(i)))
        got = results(tmp_path/str(i))
        assert [o for o in RESULTS if got[o] != expected[o]] == [], f'killed: {found[-1]}'
    note('interruptions', start, kills=KILLS, **{o: found.count(o) for o in sorted(set(found))})


def test_killed_after_the_last_epoch(begin, whole, tmp_path):
    to_its_end(begin(tmp_path))
    for o in 'model', 'latents', 'prior': (tmp_path/'run'/f'{o}.safetensors').unlink()
    to_its_end(begin(tmp_path))
    assert results(tmp_path) == whole[0]
