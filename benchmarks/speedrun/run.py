"""Train an entry of the speedrun with five seeds, and write down how long each of them took:
python benchmarks/speedrun/run.py 128|sharp [--entry FILE]

The record goes into benchmarks/speedrun/records/ after every seed; the same command goes on with an unfinished one of
the same day. `--try SEED` trains once and writes nothing, `--table` shows all records as Markdown. README.md has the
rules, rules.py their code."""
import json
import sys
import time
import warnings
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from math import isfinite
from multiprocessing import get_context
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch

from car_vae.data import scale

folder = Path(__file__).resolve().parent
sys.path += [str(o) for o in (folder, folder.parents[1]/'records', folder.parents[1]/'tools')]
from measure import hardware, versions  # noqa: E402
from results import markdown, spread  # noqa: E402
from rules import LOOKS, SEEDS, SETS, TRACKS, drawn, fd_lite0, judged  # noqa: E402
from trials import keep  # noqa: E402


# A training

class Reached(Exception): "The validation set meets the bound, and the training is over."


class Clock:
    "The time of a training. Called with the model and its steps, it stands still and looks at the validation set."
    most = LOOKS

    def __init__(self, track, x):
        self.track, self.x, self.curve, self.off, self.start = track, x, [], 0., time.perf_counter()

    def spent(self):
        if torch.cuda.is_available(): torch.cuda.synchronize()
        return time.perf_counter() - self.start - self.off

    def __call__(self, model, steps):
        "Raises `Reached` at the bound, `ValueError` at a look too many, `FloatingPointError` at what is no number."
        spent, self.model = self.spent(), model
        if len(self.curve) == self.most: raise ValueError(f'An entry may look {self.most} times: look less often.')
        value = self.track.value(model, self.x)
        if not isfinite(value): raise FloatingPointError(f'The model answers with {value}: try a lower learning rate.')
        self.curve.append([round(spent, 2), steps, value])
        print(f'  {spent:6.1f} s, {steps:,} steps: {value:,.2f} {self.track.unit}', flush=True)
        if self.track.meets(value, self.track.valid): raise Reached('The bound is met.')
        self.off = time.perf_counter() - self.start - spent


def loaded(entry):
    "The function `train` of a file."
    spec = spec_from_file_location('entry', entry)
    spec.loader.exec_module(module := module_from_spec(spec))
    return module.train


def one_seed(track, sets, entry, seed):
    "One training. The test set is touched after it, and only where the validation set met its bound."
    images, train = {k: drawn(o) for k, o in sets.items()}, loaded(entry)
    valid, test = (scale(torch.from_numpy(images[k])) for k in ('valid', 'test'))
    row, clock = dict(seed=seed, seconds=None, steps=None, valid=None, test=None, fd_lite0=None), Clock(track, valid)
    try: train(images['train'], seed, clock)
    except Reached:
        seconds, steps, value = clock.curve[-1]
        row.update(seconds=seconds, steps=steps, valid=value, test=track.value(clock.model, test))
        if track.fd is not None: row['fd_lite0'] = fd_lite0(clock.model, test)
    return dict(**row, passed=track.passes(row), curve=clock.curve)


def apart(*args):
    "A training in a fresh process, so that it finds nothing that another has warmed up."
    with ProcessPoolExecutor(1, get_context('spawn')) as ex: return ex.submit(one_seed, *args).result()


# The record

def begin(name, entry, out):
    "The record in `out`, or a new one; raises `ValueError` where it is of something else, or the sets are."
    for o in SETS.values(): drawn(o)
    track, command = TRACKS[name], f'python benchmarks/speedrun/run.py {name} --entry {entry.name}'
    same = dict(track=name, bounds={k: getattr(track, k) for k in ('valid', 'test', 'fd', 'unit')},
                sets={k: o.digest for k, o in SETS.items()}, hardware=hardware(), entry=entry.stem,
                code=entry.read_text(encoding='utf-8'))
    new = dict(date=datetime.now().isoformat(timespec='seconds'), command=command, **same, versions=versions(),
               seeds=list(SEEDS), rows=[])
    record = json.loads(out.read_text()) if out.exists() else new
    other = [k for k, v in same.items() if record[k] != v]
    if not other: return record
    raise ValueError(f"{out} was measured with another {', '.join(other)}: delete it, or name another --out.")


def measure(record, entry, out):
    "Fill the record, one seed after the other; what is in it already is kept."
    name = record['track']
    out.parent.mkdir(parents=True, exist_ok=True)
    for seed in record['seeds'][len(record['rows']):]:
        row = apart(TRACKS[name], SETS, entry, seed)
        keep(out, record, row, f'{name}, {entry.stem}, seed {seed}: {outcome(row)}')


def outcome(row):
    "What came of a seed, in words."
    if row['seconds'] is None: return 'the bound was not reached'
    verdict = 'passed' if row['passed'] else 'the test set misses a bound'
    return f"{row['seconds']:.1f} s, {row['steps']:,} steps, {row['test']:,.2f} on the test set, {verdict}"


# The table

COLUMNS = dict(seconds=1, steps=0, test=2, fd_lite0=1) # and their digits


def lines(records):
    "A line for each record of one track and machine, in the order in which they were made."
    standing = None
    for r in sorted(records, key=lambda o: o['date']):
        verdict, standing = judged(r, standing)
        yield [r['date'][:10], r['entry'], *(spread([o[k] for o in r['rows']], d) for k, d in COLUMNS.items()), verdict]


def heading(record):
    "What was measured, and where."
    hw, b = record['hardware'], record['bounds']
    fd = '' if b['fd'] is None else f" and FD-lite0 {b['fd']:g}"
    return (f"**{record['track']}** on {hw['gpu'] or hw['cpu']}, {hw['threads']} threads: "
            f"to {b['valid']:,g} {b['unit']}, on the test set {b['test']:,g} {b['unit']}{fd}.")


def table(records):
    "All records: a table for each track and machine."
    groups, header = {}, ['date', 'entry', 'seconds', 'steps', 'test', 'FD-lite0', 'record']
    for r in records: groups.setdefault(str([r[k] for k in ('track', 'bounds', 'sets', 'hardware')]), []).append(r)
    parts = [f'{heading(rows[0])}\n\n{markdown([header, *lines(rows)])}' for rows in groups.values()]
    return '\n\n'.join(parts) or 'There is no record yet.'


def main():
    parser = ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('track', nargs='?', choices=TRACKS, help='what to reach')
    parser.add_argument('--entry', type=Path, help="a file with a function `train`; the course's own if left out")
    parser.add_argument('--out', type=Path, help='the record; an unfinished one is gone on with')
    parser.add_argument('--try', type=int, metavar='SEED', dest='trial', help='train once, write nothing')
    parser.add_argument('--table', action='store_true', help='train nothing; show all records')
    args = parser.parse_args()
    if args.table: return print(table([json.loads(o.read_text()) for o in sorted(folder.glob('records/*.json'))]))
    if not args.track: parser.error(f"name a track, {' or '.join(TRACKS)}, or give --table")
    entry = args.entry or folder/'entries'/f'{TRACKS[args.track].entry}.py'
    out = args.out or folder/'records'/f'{args.track}_{entry.stem}_{datetime.now().date()}.json'
    if args.trial is not None: return print(outcome(one_seed(TRACKS[args.track], SETS, entry, args.trial)))
    try: record = begin(args.track, entry, out)
    except ValueError as e: parser.error(str(e))
    measure(record, entry, out)


if __name__ == '__main__': main()
