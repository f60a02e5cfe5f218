"""What no notebook can test: that the settings, the package, the notebooks, README and the site's menu agree with each other."""
import ast
import json
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from email.parser import HeaderParser
from zipfile import ZipFile

import nbformat
import prepare
import pytest
import readme
import results
from packaging.requirements import Requirement

root = readme.root
parser = ConfigParser(delimiters=['='])
parser.read(root / 'settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']

nbs = root / cfg['nbs_path']
notebooks = {f.relative_to(nbs).as_posix(): nbformat.read(f, as_version=4)
             for f in sorted(nbs.rglob('*.ipynb')) if '.ipynb_checkpoints' not in f.parts}
lessons = [name for name in notebooks if name != cfg['readme_nb'] and '/' not in name]
with_exercises = [o for o in lessons if o not in ('14_cli.ipynb', 'E_exercises.ipynb')]
each_notebook, each_lesson = pytest.mark.parametrize('name', notebooks), pytest.mark.parametrize('name', lessons)


def module_of(nb):
    "The module that a notebook exports to, or None."
    found = [m[1] for c in nb.cells if c.cell_type == 'code' for m in re.finditer(r'^#\|\s*default_exp\s+(\S+)', c.source, re.M)]
    return found[0] if found else None


modules = {module_of(nb): name for name, nb in notebooks.items() if module_of(nb)}


def imported(tree):
    "The names of the package's own modules that a syntax tree imports, inside functions too."
    for node in ast.walk(tree):
        if isinstance(node, ast.Import): full = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = cfg['lib_path'] if node.level else ''
            base = '.'.join(o for o in (package, node.module) if o)
            full = [f'{base}.{a.name}' for a in node.names]
        else: continue
        for name in full:
            top, _, rest = name.partition('.')
            if top == cfg['lib_path'] and rest.split('.')[0] in modules: yield rest.split('.')[0]


def project_files():
    "The files that git tracks, or would if everything were added."
    if not (root / '.git').exists(): pytest.skip('not a git checkout')
    out = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=root, capture_output=True, text=True, check=True)
    return [f for f in (root / o for o in out.stdout.split('\0') if o) if f.is_file()]


def output_text(nb):
    "All text in the saved outputs of a notebook, with the number of its cell."
    for i, cell in enumerate(nb.cells):
        for o in cell.get('outputs', []):
            yield i, o.get('text', '')
            for kind, data in o.get('data', {}).items():
                if kind.startswith('text/') or kind == 'image/svg+xml': yield i, data


# The package

@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    "The wheel that setup.py builds now, from a copy, so that nothing is left in the checkout."
    src, out = tmp_path_factory.mktemp('src'), tmp_path_factory.mktemp('wheel')
    for name in 'settings.ini', 'setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE': shutil.copy(root / name, src)
    shutil.copytree(root / cfg['lib_path'], src / cfg['lib_path'], ignore=shutil.ignore_patterns('__pycache__'))
    cmd = [sys.executable, '-m', 'pip', 'wheel', str(src), '--no-deps', '--no-build-isolation', '--quiet', '-w', str(out)]
    subprocess.run(cmd, check=True)
    with ZipFile(next(out.glob('*.whl'))) as z: yield z


def wheel_text(wheel, ending): return wheel.read(next(n for n in wheel.namelist() if n.endswith(ending))).decode()


def test_wheel_metadata_is_settings(wheel):
    meta = HeaderParser().parsestr(wheel_text(wheel, '.dist-info/METADATA'))
    assert meta['Name'].replace('-', '_') == cfg['lib_name']
    assert meta['Version'] == cfg['version']
    assert meta['Summary'] == cfg['description']
    assert meta['Requires-Python'] == f">={cfg['min_python']}"
    assert meta['License-Expression'] == 'Apache-2.0'
    required = {Requirement(r) for r in meta.get_all('Requires-Dist')}
    extras = {Requirement(f'{r}; extra == "{name}"') for name in ('dev', 'fd', 'export') for r in cfg[f'{name}_requirements'].split()}
    assert required == {Requirement(r) for r in cfg['requirements'].split()} | extras


def test_wheel_entry_points_are_settings(wheel):
    found = ConfigParser(delimiters=['='])
    found.read_string(wheel_text(wheel, 'entry_points.txt'))
    command, target = cfg['console_scripts'].split('=')
    assert dict(found['console_scripts']) == {command: target}
    assert dict(found['nbdev']) == {cfg['lib_name']: f"{cfg['lib_path']}._modidx:d"}


def test_wheel_holds_the_modules_only(wheel):
    code = {n for n in wheel.namelist() if '.dist-info/' not in n}
    assert code == {f"{cfg['lib_path']}/{m}.py" for m in ('__init__', '_modidx', *modules)}


def test_requirements_are_capped_where_newer_ones_break():
    caps = {r.name: str(r.specifier) for r in map(Requirement, f"{cfg['requirements']} {cfg['dev_requirements']}".split())}
    for name in 'fastai', 'fastcore', 'plum-dispatch', 'nbdev', 'execnb': assert '<' in caps[name], f'CONTRIBUTING.md says why {name} needs a cap'


# The modules

def test_every_module_has_its_notebook():
    found = {f.stem for f in (root / cfg['lib_path']).glob('*.py')} - {'__init__', '_modidx'}
    assert found == set(modules), 'export never deletes a module: remove by hand one whose notebook is gone'


@pytest.mark.parametrize('module', modules)
def test_module_imports_lower_numbers_only(module):
    tree = ast.parse((root / cfg['lib_path'] / f'{module}.py').read_text(encoding='utf-8'))
    higher = [m for m in imported(tree) if modules[m] > modules[module]]
    assert not higher, f'{modules[module]} imports from {[modules[m] for m in higher]}'


def test_imported_sees_every_form_of_import():
    pkg, first = cfg['lib_path'], next(iter(modules))
    for line in f'import {pkg}.{first}', f'from {pkg} import {first}', f'from {pkg}.{first} import *', f'from .{first} import a', f'from . import {first}':
        assert set(imported(ast.parse(f'def f():\n    {line}' if '*' not in line else line))) == {first}, line


# The notebooks

@each_notebook
def test_first_cell_is_title_and_summary(name):
    assert re.fullmatch(r'# [^\n]+\n\n> [^\n]+', notebooks[name].cells[0].source.strip()), 'what follows `> summary` in the first cell is lost in the docs'


@each_lesson
def test_colab_badge_opens_this_notebook(name):
    links = re.findall(r'https://colab\.research\.google\.com/github/([^)\s"]+)', ''.join(c.source for c in notebooks[name].cells if c.cell_type == 'markdown'))
    assert f"{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{cfg['nbs_path']}/{name}" in links


@each_lesson
def test_notebook_is_listed(name):
    index = ''.join(c.source for c in notebooks[cfg['readme_nb']].cells if c.cell_type == 'markdown')
    assert f'({name})' in index, 'the index notebook has no link to it'
    assert name.split('/')[-1] in (nbs / 'sidebar.yml').read_text(encoding='utf-8')


@pytest.mark.parametrize('name', with_exercises)
def test_exercises_have_solutions_that_are_right(name):
    titles = lambda nb, level: re.findall(rf'^{level} (\d\. .*)$', '\n'.join(c.source for c in nb.cells if c.cell_type == 'markdown').partition('## Exercises' if level == '###' else '\n')[2], re.M)
    solution = notebooks[f'solutions/{name}']
    assert 2 <= len(titles(notebooks[name], '###')) <= 4 and titles(notebooks[name], '###') == titles(solution, '##')
    verdicts = re.findall(r': (right|not yet)$', '\n'.join(text for _, text in output_text(solution)), re.M)
    assert len(verdicts) >= 2 and set(verdicts) == {'right'}
    assert 'No answer yet' in '\n'.join(text for _, text in output_text(notebooks[name])), 'the exercises of the lesson were not executed'


@each_notebook
def test_notebook_is_small(name): assert (nbs / name).stat().st_size < 2e6


@each_notebook
def test_outputs_are_clean(name):
    assert not [c.source for c in notebooks[name].cells if any(o.output_type == 'error' for o in c.get('outputs', []))]
    for i, text in output_text(notebooks[name]):
        bad = re.search(r'(?<![\w.:/-])/(work|tmp|root|home|Users|mnt|var)/\S*|\w*Warning\b|Traceback', text)
        assert not bad, f'cell {i} of {name} shows {bad[0]}'


def test_progress_bars_are_dropped():
    left, kept = ('', '<style>progress {}</style>', '\n<style>\n  progress {}'), ('<style>td {}</style><table>', '<table><tr><td>progress')
    streams = ('stderr', '\r 50%|##'), ('stderr', 'a message'), ('stdout', '\r progress')
    outputs = [nbformat.v4.new_output('display_data', {'text/html': o}) for o in (*left, *kept)] + [nbformat.v4.new_output('stream', name=name, text=text) for name, text in streams]
    assert [prepare.is_progress_bar(o) for o in outputs] == [True]*3 + [False]*2 + [True, False, False]


# The repository

def test_repository_is_small(): assert sum(f.stat().st_size for f in project_files()) < 40e6


def test_readme_is_made_from_the_index():
    assert (root / 'README.md').read_text(encoding='utf-8') == readme.readme_text(), 'run `make readme`'


def test_results_in_readme_are_the_newest_records():
    assert results.tables() in (root / 'README.md').read_text(encoding='utf-8'), 'run `make readme`'
    assert results.spread([1., 3.], 1) == '2.0 ± 1.4' and results.spread([2.], 2) == '2.00' and results.spread([None], 2) == ''


def test_gpu_table_leaves_out_what_was_not_trained():
    part = dict(n_train=70, n=30, epochs=1300, seconds=34.4, psnr=15.41, pca_psnr=19.04, ssim=0.54)
    record = dict(gpu='a card', versions=dict(torch='2.14'), date='2026-11-26', classic=part, fast=part, more=dict(left_out='no --extra'))
    where, _, header, _, *rows = results.gpu_table(record).split('\n')
    assert 'a card' in where and 'on 30 held-out photos' in where and header.count('|') == 8
    assert rows == [f'| {name} | 70 | 1,300 | 34 | 15.41 | 19.04 | 0.540 |' for name in ('classic', 'fast')]


def test_readme_rebases_relative_links_only():
    text = '[a](05_loss.ipynb#x) ![b](images/b.png) [c](../LICENSE) [d](https://e.org/f) [g](#h) <img src="i.png">'
    assert readme.rebase(text, 'nbs') == '[a](nbs/05_loss.ipynb#x) ![b](nbs/images/b.png) [c](LICENSE) [d](https://e.org/f) [g](#h) <img src="nbs/i.png">'


@pytest.mark.parametrize('page', ['README.md', 'CONTRIBUTING.md'])
def test_links_lead_to_files(page):
    links = [m[2].split('#')[0] for m in readme.link.finditer((root / page).read_text(encoding='utf-8'))]
    assert not [o for o in links if not (root / o).exists()]


def test_ci_runs_what_readme_says():
    assert (root / '.ci/run').stat().st_mode & 0o100, '.ci/run is not executable'
    text = (root / 'README.md').read_text(encoding='utf-8')
    targets = re.findall(r'^([a-z]+):.*## ', (root / 'Makefile').read_text(encoding='utf-8'), re.M)
    assert {'demo', 'test'} <= set(targets)
    for command in 'make demo', 'make test': assert command in text
    assert not [m for m in re.findall(r'`make ([a-z]+)', text) if m not in targets]
