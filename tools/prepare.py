"""Clean the notebooks of what execution leaves, export the modules, refresh the site's menu and README.md.
With `--check`, fail where that changes a file."""
import os
import subprocess
import sys
from difflib import unified_diff
from itertools import islice
from pathlib import Path

import nbformat
from nbdev.quarto import nbdev_sidebar, refresh_quarto_yml

import readme
import results

made = 'nbs/**/*.ipynb', 'nbs/*.yml', 'car_vae/**/*.py', 'pyproject.toml', 'README.md'


def snapshot():
    "The text of every file that preparing may change."
    files = sorted({f for pattern in made for f in readme.root.glob(pattern) if '.ipynb_checkpoints' not in f.parts})
    return {f.relative_to(readme.root).as_posix(): f.read_text(encoding='utf-8') for f in files}


def is_progress_bar(output):
    "Is it what a progress bar leaves in a saved notebook: a line that was written over, a style sheet, or nothing?"
    if output.get('name') == 'stderr': return '\r' in output.text
    html = output.get('data', {}).get('text/html')
    if html is None: return False
    style = html.lstrip().startswith('<style>') and 'progress' in html and '<table' not in html
    return style or not html.strip()


def drop_progress_bars():
    "Remove from saved outputs what progress bars left there."
    for f in readme.root.glob('nbs/**/*.ipynb'):
        nb = nbformat.read(f, as_version=4)
        cells = [c for c in nb.cells if any(map(is_progress_bar, c.get('outputs', [])))]
        for c in cells: c.outputs = [o for o in c.outputs if not is_progress_bar(o)]
        if cells: nbformat.write(nb, f)


def prepare():
    "Do what a notebook needs before it is committed."
    results.update()
    drop_progress_bars()
    for command in 'nbdev_clean', 'nbdev_export': subprocess.run([Path(sys.executable).parent / command], check=True)
    refresh_quarto_yml()
    nbdev_sidebar.__wrapped__()
    (readme.root / 'README.md').write_text(readme.readme_text(), encoding='utf-8')


def differences(before, after, lines=30):
    "One readable piece of text for every file that is not the same."
    for name in sorted(before | after):
        if before.get(name) == after.get(name): continue
        texts = [d.get(name, '').splitlines() for d in (before, after)]
        diff = unified_diff(*texts, f'{name} (as it was)', f'{name} (prepared)', lineterm='', n=1)
        yield '\n'.join(o[:160] for o in islice(diff, lines))


if __name__ == '__main__':
    os.chdir(readme.root)
    os.environ.pop('IN_TEST', None)  # nbdev exports nothing where it is set
    before = snapshot()
    prepare()
    diffs = list(differences(before, snapshot()))
    if '--check' in sys.argv and diffs:
        told = f'{len(diffs)} file(s) were not clean or not exported. They are now: look them over and commit them.'
        sys.exit('\n\n'.join([*diffs, told]))
