"""What no notebook can test: that settings, package, notebooks, README and the site's menu agree with each other."""
import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
from configparser import ConfigParser
from dataclasses import asdict
from email.parser import HeaderParser
from functools import cache
from zipfile import ZipFile

import mutants
import nbformat
import prepare
import pytest
import readme
import results
import test_notebooks
from packaging.requirements import Requirement

from car_vae.run import PRETRAINED

root = readme.root
parser = ConfigParser(delimiters=['='])
parser.read(root / 'settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']

nbs = root / cfg['nbs_path']
notebooks = {f.relative_to(nbs).as_posix(): nbformat.read(f, as_version=4)
             for f in sorted(nbs.rglob('*.ipynb')) if '.ipynb_checkpoints' not in f.parts}
lessons = [name for name in notebooks if name != cfg['readme_nb'] and '/' not in name]
each_notebook, each_lesson = pytest.mark.parametrize('name', notebooks), pytest.mark.parametrize('name', lessons)

LAYERS = (('kl', 'files', 'cars', 'networks'), ('data', 'model'), ('loss', 'metrics', 'disentangle', 'features'),
          ('run',), ('stages', 'muon'), ('train',), ('evaluate', 'latent', 'checkup', 'grid'),
          ('flow', 'flow_checkup', 'sharpen', 'card'), ('ask', 'reflow'), ('sketch',), ('export',),
          ('exercises',), ('cli',))
ORDER = [module for layer in LAYERS for module in layer] # a module may import those before it


def text_of(nb, kind): return '\n'.join(c.source for c in nb.cells if c.cell_type == kind)


def markdown(nb): return text_of(nb, 'markdown')


def module_of(nb):
    "The module that a notebook exports to, or None."
    found = re.search(r'^#\|\s*default_exp\s+(\S+)', text_of(nb, 'code'), re.M)
    return found[1] if found else None


with_exercises = [name for name in lessons if '\n## Exercises' in markdown(notebooks[name])]
modules = {module_of(nb): name for name, nb in notebooks.items() if module_of(nb)}
each_module = pytest.mark.parametrize('module', modules)


def full_names(node):
    "What an import statement brings in, as dotted names; nothing for other nodes."
    if isinstance(node, ast.Import): return [a.name for a in node.names]
    if not isinstance(node, ast.ImportFrom): return []
    package = cfg['lib_path'] if node.level else ''
    return ['.'.join(filter(None, (package, node.module, a.name))) for a in node.names]


def imported(tree):
    "The names of the package's own modules that a syntax tree imports, inside functions too."
    for name in [o for node in ast.walk(tree) for o in full_names(node)]:
        top, _, rest = name.partition('.')
        if top == cfg['lib_path'] and rest.split('.')[0] in modules: yield rest.split('.')[0]


OF_NAMED_TUPLES = '_asdict', '_field_defaults', '_fields', '_make', '_replace' # public, in spite of their names


def private(name): return name.startswith('_') and not name.endswith('__')


def defined(tree):
    "The private names that a syntax tree gives a meaning: functions, classes, variables, attributes."
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)): name = node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store): name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store): name = node.attr
        else: continue
        if private(name): yield name


def used(tree):
    "The private names that a syntax tree takes from the package, by an import or as an attribute."
    for node in ast.walk(tree):
        names = [o.rpartition('.')[2] for o in full_names(node) if o.startswith(f"{cfg['lib_path']}.")]
        if isinstance(node, ast.Attribute) and node.attr not in OF_NAMED_TUPLES: names = [node.attr]
        yield from filter(private, names)


@cache
def module_tree(module): return ast.parse((root / cfg['lib_path'] / f'{module}.py').read_text(encoding='utf-8'))


@cache
def defined_in(module): return set(defined(module_tree(module)))


def foreign(tree, own):
    "Private names of other modules than `own` that a syntax tree uses, and does not define itself."
    others = {name for m in modules if m != own for name in defined_in(m)}
    return sorted(set(used(tree)) & others - set(defined(tree)))


def code_of(nb):
    "All Python of a notebook, without its magics, as one syntax tree."
    cells = [c.source for c in nb.cells if c.cell_type == 'code' and not re.search(r'^%%', c.source, re.M)]
    return ast.parse('\n'.join(re.sub(r'^(\s*)[%!].*', r'\1pass', o, flags=re.M) for o in cells))


def project_files():
    "The files that git tracks, or would if everything were added."
    if not (root / '.git').exists(): pytest.skip('not a git checkout')
    command = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
    out = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
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
def sources(tmp_path_factory):
    "A copy of what the package is built from, so that nothing is left in the checkout."
    src = tmp_path_factory.mktemp('src')
    for name in 'settings.ini', 'setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE':
        shutil.copy(root / name, src)
    shutil.copytree(root / cfg['lib_path'], src / cfg['lib_path'], ignore=shutil.ignore_patterns('__pycache__'))
    return src


@pytest.fixture(scope='module')
def wheel(sources, tmp_path_factory):
    "The wheel that setup.py builds now."
    out = tmp_path_factory.mktemp('wheel')
    options = ['--no-deps', '--no-build-isolation', '--quiet', '-w', str(out)]
    subprocess.run([sys.executable, '-m', 'pip', 'wheel', str(sources), *options], check=True)
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
    extras = {Requirement(f'{r}; extra == "{name}"')
              for name in ('dev', 'fd', 'export') for r in cfg[f'{name}_requirements'].split()}
    assert required == {Requirement(r) for r in cfg['requirements'].split()} | extras


def test_wheel_entry_points_are_settings(wheel):
    found = ConfigParser(delimiters=['='])
    found.read_string(wheel_text(wheel, 'entry_points.txt'))
    command, target = cfg['console_scripts'].split('=')
    assert dict(found['console_scripts']) == {command: target}
    assert dict(found['nbdev']) == {cfg['lib_name']: f"{cfg['lib_path']}._modidx:d"}


def package_files():
    "The modules, and the runs that come with them."
    data = {f.relative_to(root).as_posix() for f in PRETRAINED.rglob('*') if f.is_file()}
    return data | {f"{cfg['lib_path']}/{m}.py" for m in ('__init__', '_modidx', *modules)}


def test_wheel_holds_the_modules_and_the_pretrained_runs_only(wheel):
    assert {n for n in wheel.namelist() if '.dist-info/' not in n} == package_files()


def test_sdist_holds_them_too(sources, tmp_path):
    command = [sys.executable, 'setup.py', '--quiet', 'sdist', '--dist-dir', tmp_path]
    subprocess.run(command, cwd=sources, capture_output=True, check=True)
    with tarfile.open(next(tmp_path.glob('*.tar.gz'))) as t: names = {o.name.partition('/')[2] for o in t if o.isfile()}
    assert {o for o in names if o.startswith(f"{cfg['lib_path']}/")} == package_files()


@pytest.mark.parametrize('of, capped', [('requirements', ['plum-dispatch', 'torch']),
                                        ('dev_requirements', ['nbdev', 'fastai', 'fastcore', 'execnb', 'smalldocs'])])
def test_requirements_are_capped_where_newer_ones_break_and_only_there(of, capped):
    caps = {r.name: str(r.specifier) for r in map(Requirement, cfg[of].split())}
    for name in capped: assert '<' in caps[name], f'CONTRIBUTING.md says why {name} needs a cap'
    assert of == 'dev_requirements' or [o for o in caps if '<' in caps[o]] == capped


# The modules

def test_every_module_has_its_notebook():
    found = {f.stem for f in (root / cfg['lib_path']).glob('*.py')} - {'__init__', '_modidx'}
    assert found == set(modules), 'export never deletes a module: remove by hand one whose notebook is gone'


def test_every_module_has_its_place():
    assert sorted(modules) == sorted(ORDER), 'give a new module its place in LAYERS, and in CONTRIBUTING.md'


@each_module
def test_imports_run_one_way(module):
    later = set(imported(module_tree(module))) - set(ORDER[:ORDER.index(module)])
    assert not later, f'{module} imports {sorted(later)}, which are not before it in LAYERS'


@each_module
def test_modules_use_public_names_of_each_other(module):
    names = foreign(module_tree(module), module)
    assert not names, f'{module} uses {names} of other modules: give them public names'


@each_notebook
def test_notebooks_use_public_names(name):
    names = foreign(code_of(notebooks[name]), module_of(notebooks[name]))
    assert not names, f'{name} uses {names} of other modules: give them public names'


def test_imported_sees_every_form_of_import():
    pkg, first = cfg['lib_path'], next(iter(modules))
    lines = f'import {pkg}.{first}', f'from {pkg} import {first}', f'from .{first} import a', f'from . import {first}'
    for line in lines: assert set(imported(ast.parse(f'def f():\n    {line}'))) == {first}, line
    assert set(imported(ast.parse(f'from {pkg}.{first} import *'))) == {first}


def test_foreign_sees_every_use_of_a_private_name():
    pkg, module = cfg['lib_path'], next(filter(defined_in, modules))
    name = min(defined_in(module))
    for line in f'from .{module} import {name}', f'from {pkg}.{module} import {name} as a', f'{module}.{name}()':
        assert foreign(ast.parse(line), 'another') == [name], line
        assert not foreign(ast.parse(line), module)
    for line in f'{name} = 1\n{module}.{name}', 'a.__name__', f'from elsewhere import {name}':
        assert not foreign(ast.parse(line), 'another'), line


def write_notebooks(folder, **sources):
    "Notebooks of one code cell, in a project of nbdev's."
    (folder / 'nbs').mkdir()
    shutil.copy(root / 'settings.ini', folder)
    for name, source in sources.items():
        cells = [nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / 'nbs' / f'{name}.ipynb')


def test_no_notebook_meets_what_another_left_in_its_process(tmp_path, monkeypatch):
    first = 'import sys\nassert not hasattr(sys, "left")\nsys.left = True'
    write_notebooks(tmp_path, a=first, b=first, c='assert False', d='1 + 1')
    monkeypatch.setattr(readme, 'root', tmp_path)
    monkeypatch.setattr(sys, 'argv', ['test_notebooks.py', '--file_re', '[abc]'])
    assert test_notebooks.main() == 'Tests failed in: c.ipynb'


@pytest.mark.parametrize('before', [True, False])
def test_what_a_lesson_defines_lives_beside_its_module(before):
    everything = f"[importlib.import_module({cfg['lib_path']!r} + '.' + o) for o in {ORDER}]; "
    lessons = f"[runpy.run_module({cfg['lib_path']!r} + '.' + o, run_name='__main__') for o in {ORDER}]; "
    code = 'import importlib, runpy; ' + (everything + lessons if before else lessons + everything)
    subprocess.run([sys.executable, '-W', 'ignore', '-c', code], check=True)


def test_reading_a_run_is_quick(tmp_path):
    from car_vae.run import FORMAT, Recipe
    recipe, nothing = asdict(Recipe.quick()), dict(n=None, source=None, extra=None, prepare=None, versions={})
    counts = dict(size=recipe['size'], parameters=1, n_train=1, n_valid=1, threads=1)
    config = dict(format=FORMAT, recipe=recipe, device='cpu', machine='', **nothing, **counts)
    (tmp_path / 'config.json').write_text(json.dumps(config))
    heavy = 'torch', 'torchvision', 'fastai', 'sklearn', 'pandas', 'matplotlib'
    code = (f"import sys; from {cfg['lib_path']}.run import Run; run = Run({str(tmp_path)!r}); "
            f"print(run.config['recipe']['name'], run.recipe.name, *(o for o in {heavy} if o in sys.modules))")
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert out.stdout.split() == ['quick', 'quick'], f'{out.stdout} is imported before it is needed; {out.stderr}'


# The notebooks

def shown(nb): return '\n'.join(text for _, text in output_text(nb))


@each_notebook
def test_first_cell_is_title_and_summary(name):
    first = notebooks[name].cells[0].source.strip()
    assert re.fullmatch(r'# [^\n]+\n\n> [^\n]+', first), 'what follows the summary in this cell is lost in the docs'


@each_lesson
def test_colab_badge_opens_this_notebook(name):
    links = re.findall(r'https://colab\.research\.google\.com/github/([^)\s"]+)', markdown(notebooks[name]))
    assert f"{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{cfg['nbs_path']}/{name}" in links


def listed_in(page): return re.findall(r'^\| \[[^]]+\]\((?:\.\./)?(\w+\.ipynb)\)', markdown(notebooks[page]), re.M)


def test_index_guide_and_menu_list_lessons_in_their_order():
    listed = listed_in(cfg['readme_nb']) + listed_in('guide/reading.ipynb')
    menu = re.findall(r'^      - (\w+\.ipynb)$', (nbs / 'sidebar.yml').read_text(encoding='utf-8'), re.M)
    assert listed == sorted(lessons) and menu == [cfg['readme_nb'], *listed]


def test_lessons_have_exercises_and_solutions():
    without = [o for o in lessons if o[0].isdigit() and o not in with_exercises]
    assert without == ['14_cli.ipynb'], 'a lesson ends with exercises'
    assert {o for o in notebooks if o.startswith('solutions/')} == {f'solutions/{o}' for o in with_exercises}
    listed = re.findall(r'\]\((solutions/\w+\.ipynb)\)', markdown(notebooks['E_exercises.ipynb']))
    assert sorted(listed) == sorted(f'solutions/{o}' for o in with_exercises)


@pytest.mark.parametrize('name', with_exercises)
def test_exercises_have_solutions_that_are_right(name):
    lesson, solution = notebooks[name], notebooks[f'solutions/{name}']
    questions = re.findall(r'^### (\d\. .*)$', markdown(lesson).partition('## Exercises')[2], re.M)
    assert 2 <= len(questions) <= 4 and questions == re.findall(r'^## (\d\. .*)$', markdown(solution), re.M)
    verdicts = re.findall(r'^your value .*: (right$|not yet)', shown(solution), re.M)
    assert len(verdicts) >= 2 and set(verdicts) == {'right'}
    assert 'No answer yet' in shown(lesson), 'the exercises of the lesson were not executed'
    assert 'true value' not in shown(solution) + shown(lesson), 'saved by an older check: execute it again'


@each_notebook
def test_notebook_is_small(name): assert (nbs / name).stat().st_size < 2e6


@each_notebook
def test_no_markup_that_only_quarto_knows(name): assert ':::' not in text_of(notebooks[name], 'markdown')


@each_notebook
def test_outputs_are_clean(name):
    assert not [c.source for c in notebooks[name].cells if any(o.output_type == 'error' for o in c.get('outputs', []))]
    for i, text in output_text(notebooks[name]):
        bad = re.search(r'(?<![\w.:/-])/(work|tmp|root|home|Users|mnt|var)/\S*|\w*Warning\b|Traceback', text)
        assert not bad, f'cell {i} of {name} shows {bad[0]}'


def test_progress_bars_are_dropped():
    left = '', '<style>progress {}</style>', '\n<style>\n  progress {}'
    kept = '<style>td {}</style><table>', '<table><tr><td>progress'
    streams = ('stderr', '\r 50%|##'), ('stderr', 'a message'), ('stdout', '\r progress')
    outputs = [nbformat.v4.new_output('display_data', {'text/html': o}) for o in (*left, *kept)]
    outputs += [nbformat.v4.new_output('stream', name=name, text=text) for name, text in streams]
    assert [prepare.is_progress_bar(o) for o in outputs] == [True]*3 + [False]*2 + [True, False, False]


# The repository

def test_the_film_is_light(): assert (root / 'nbs' / 'images' / 'explorer.gif').stat().st_size < 1e6


def test_repository_is_small(): assert sum(f.stat().st_size for f in project_files()) < 40e6


def test_readme_is_made_from_the_index():
    assert (root / 'README.md').read_text(encoding='utf-8') == readme.readme_text(), 'run `make readme`'


def test_readme_is_one_screen(): assert len((root / 'README.md').read_text(encoding='utf-8')) < 9000


def test_readme_shows_what_its_code_prints():
    cell = nbformat.v4.new_code_cell('print(1)', outputs=[nbformat.v4.new_output('stream', text='1\n')])
    assert readme.cell_text(cell, 'nbs') == '```python\nprint(1)\n```\n\n```\n1\n```'


def test_shown_results_are_the_newest_records():
    for f, made in results.PLACES.items():
        assert made() in markdown(notebooks[f.relative_to(nbs).as_posix()]), 'run `make readme`'
    assert [results.spread(o, 1) for o in ([1., 3.], [2.], [None])] == ['2.0 ± 1.4', '2.0', '']


def test_gpu_table_leaves_out_what_was_not_trained():
    part = dict(n_train=70, n=30, epochs=1300, seconds=34.4, psnr=15.41, pca_psnr=19.04, ssim=0.54)
    record = dict(gpu='a card', versions=dict(torch='2.14'), date='2026-11-26', classic=part, fast=part,
                  more=dict(left_out='no --extra'))
    where, _, header, _, *rows = results.gpu_table(record).split('\n')
    assert 'a card' in where and 'on 30 held-out photos' in where and header.count('|') == 8
    assert rows == [f'| {name} | 70 | 1,300 | 34 | 15.41 | 19.04 | 0.540 |' for name in ('classic', 'fast')]


def test_readme_rebases_relative_links_only():
    links = {'[a](05_loss.ipynb#x)': '[a](nbs/05_loss.ipynb#x)', '![b](images/b.png)': '![b](nbs/images/b.png)',
             '[c](../LICENSE)': '[c](LICENSE)', '<img src="i.png">': '<img src="nbs/i.png">'}
    for link in '[d](https://e.org/f)', '[g](#h)': links[link] = link
    assert readme.rebase(' '.join(links), 'nbs') == ' '.join(links.values())


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


def test_planted_bugs_can_be_planted():
    bugs = mutants.listed(root / 'tools' / 'mutants.txt')
    assert len(bugs) >= 50 and len(set(bugs)) == len(bugs)
    for m in bugs:
        code = (root / cfg['lib_path'] / f'{m.module}.py').read_text(encoding='utf-8')
        assert code.count(m.old) == 1 and m.new != m.old, f'the code has changed: mend tools/mutants.txt, {m}'
