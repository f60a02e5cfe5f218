"""Plant one-line bugs, one at a time, and see whether the tests notice: python tools/mutants.py [MODULE ...]

Each bug of `tools/mutants.txt` is planted in a copy of the project: in the module, and in the notebook's cell that it
comes from. Then the notebook is tested, or what the entry names. A bug that no test notices is printed as SURVIVED:
somebody has to write the missing assertion. The exit code is the number of survivors."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
import readme

SLOWEST = 600 # seconds for the tests of one bug
KEPT_OUT = shutil.ignore_patterns('.git', '.venv', 'outputs', 'runs', '_docs', '_proc', 'node_modules', '__pycache__',
                                  '.pytest_cache')


class Mutant(NamedTuple):
    "A bug to plant."
    module: str # where
    old: str # the right code; found once in the module
    new: str # the wrong code
    tests: str = '' # other notebooks or pytest ids that have to notice; the module's own notebook where empty


def listed(path):
    "The bugs of a list: lines of `module`, `old`, `new` and perhaps `tests`, each entry after an empty line."
    entries = re.split(r'\n\s*\n', re.sub(r'^#.*\n', '', path.read_text(encoding='utf-8'), flags=re.M).strip())
    return [Mutant(**dict(line.split(': ', 1) for line in o.splitlines())) for o in entries]


def notebook_of(root, module):
    "The notebook that exports a module."
    for f in sorted(root.glob('nbs/*.ipynb')):
        if re.search(rf'default_exp {module}\b', f.read_text(encoding='utf-8')): return f
    sys.exit(f'No notebook exports {module}.')


def replace_once(text, m, where):
    "`text` with the bug in it."
    if text.count(m.old) != 1: sys.exit(f'{where} holds {text.count(m.old)} times, and not once: {m.old}')
    return text.replace(m.old, m.new)


def plant(root, m):
    "Put a bug into the module and into its notebook; return the texts that were there."
    code, notebook = root / 'car_vae' / f'{m.module}.py', notebook_of(root, m.module)
    before = {f: f.read_text(encoding='utf-8') for f in (code, notebook)}
    code.write_text(replace_once(before[code], m, code.name), encoding='utf-8')
    nb = nbformat.reads(before[notebook], as_version=4)
    cells = [c for c in nb.cells if c.cell_type == 'code' and '#| export' in c.source and m.old in c.source]
    for c in cells: c.source = replace_once(c.source, m, notebook.name)
    nbformat.write(nb, notebook)
    return before


def passes(root, test):
    "Whether a notebook, or a test of pytest, passes in the copy."
    bin, env = Path(sys.executable).parent, os.environ | dict(PYTHONPATH=str(root), OMP_NUM_THREADS='1',
                                                              PYTHONWARNINGS='ignore')
    words = [bin / 'nbdev_test', '--path', test] if test.endswith('.ipynb') else [sys.executable, '-m', 'pytest', '-qx',
                                                                                  test]
    try: return subprocess.run(words, cwd=root, env=env, capture_output=True, timeout=SLOWEST).returncode == 0
    except subprocess.TimeoutExpired: return False


def noticed(root, m):
    "Whether a test fails with the bug in place."
    tests = m.tests.split() or [str(notebook_of(root, m.module).relative_to(root))]
    before = plant(root, m)
    try: return not all(passes(root, o) for o in tests)
    finally:
        for f, text in before.items(): f.write_text(text, encoding='utf-8')


def main(modules):
    chosen = [m for m in listed(readme.root / 'tools' / 'mutants.txt') if not modules or m.module in modules]
    survivors = 0
    with tempfile.TemporaryDirectory() as d:
        root = Path(d) / 'project'
        shutil.copytree(readme.root, root, ignore=KEPT_OUT)
        for m in chosen:
            killed = noticed(root, m)
            survivors += not killed
            print(f'{"killed  " if killed else "SURVIVED"} {m.module}: {m.old}  ->  {m.new}', flush=True)
    print(f'{len(chosen) - survivors} of {len(chosen)} killed')
    return survivors


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
