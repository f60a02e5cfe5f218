"Whatever is killed, at whatever moment, goes on, and ends with the same bytes as if nothing had happened."
import multiprocessing
import random
import shutil
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from chain import RESULTS, STAGES, chain, results, servant, take_photos
from torture import ALL, note

from car_vae.run import Run

KILLS = {o: 10 for o in STAGES} if ALL else dict(training=1, checkpointing=1) # moments in each stage
TRIES = 5 # times as many, as a kill may come too late for its stage
PATIENCE = 300 # seconds for a whole chain on the slowest machine

methods = multiprocessing.get_all_start_methods()
pytestmark = pytest.mark.skipif('forkserver' not in methods, reason='processes as Unix has them')


class Part(NamedTuple):
    "From one word of a chain to its next one: it may be many times in the same stage."
    stage: str
    number: int # words before it
    seconds: float


class Whole(NamedTuple):
    "Where a chain wrote, its parts, and what it gave."
    folder: Path
    parts: list
    results: dict


@pytest.fixture(scope='module')
def begin(tmp_path_factory):
    "Begin a chain in a folder, in a process that has PyTorch in memory already; it and what it tells."
    photos, context = tmp_path_factory.mktemp('shoot')/'photos', servant()
    take_photos(photos)

    def _begin(target, *args):
        told, tells = context.Pipe(duplex=False)
        process = context.Process(target=target, args=(*args, tells.send) if args else ())
        process.start()
        tells.close()
        return process, told
    _begin(int)[0].join() # the first one waits for PyTorch
    return partial(_begin, chain, photos)


def heard(told):
    "The stages that a chain tells of until its end, each with the time."
    while True:
        try: yield told.recv(), time.perf_counter()
        except EOFError: return


def to_its_end(process, told):
    "Wait for a chain; its parts."
    words = list(heard(told))
    process.join(PATIENCE)
    assert process.exitcode == 0
    ends = [at for _, at in words[1:]] + [time.perf_counter()]
    return [Part(stage, i, end - at) for i, ((stage, at), end) in enumerate(zip(words, ends))]


@pytest.fixture(scope='module')
def whole(begin, tmp_path_factory):
    "A chain that nobody interrupts."
    folder = tmp_path_factory.mktemp('whole')
    parts = to_its_end(*begin(folder))
    return Whole(folder, parts, results(folder))


def kill(process, told, part, when):
    "Kill a chain in a part, `when` of its time is over; the stage that it was in, or 'after its end'."
    for i, (stage, _) in enumerate(heard(told)):
        if i == part.number: break
    time.sleep(when*part.seconds)
    process.kill()
    process.join()
    return [stage, *(o for o, _ in heard(told))][-1] if process.exitcode else 'after its end'


def moments(parts, stage, rng):
    "Moments in a stage, the longer parts of it more often: a part, and how much of its time is over."
    parts = [o for o in parts if o.stage == stage]
    while True: yield rng.choices(parts, [o.seconds for o in parts])[0], rng.random()


def readable(folder):
    "Raise an error where a killed chain left half of something."
    run = Run(folder/'run')
    if run.finished: run.model(), run.prior()
    if (folder/'web'/'meta.json').exists(): assert all((folder/o).exists() for o in RESULTS)


def test_killed_at_random_moments(begin, whole, tmp_path):
    rng, start, found = random.Random(0), time.perf_counter(), []
    for stage, n in KILLS.items():
        aim = moments(whole.parts, stage, rng)
        while found.count(stage) < n:
            folder = tmp_path/str(len(found))
            found.append(kill(*begin(folder), *next(aim)))
            readable(folder)
            assert len(found) < TRIES*sum(KILLS.values())
            to_its_end(*begin(folder))
            got = results(folder)
            assert [o for o in RESULTS if got[o] != whole.results[o]] == [], f'killed: {found[-1]}'
    note('interruptions', start, kills=len(found), **Counter(found))


def test_killed_after_the_last_epoch(begin, whole, tmp_path):
    shutil.copytree(whole.folder, tmp_path/'copy')
    for o in 'model', 'latents', 'prior': (tmp_path/'copy'/'run'/f'{o}.safetensors').unlink()
    to_its_end(*begin(tmp_path/'copy'))
    assert results(tmp_path/'copy') == whole.results
