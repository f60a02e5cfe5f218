"""Make the docs site in _docs/: nbdev processes the notebooks, smalldocs renders them, npm brings what the pages need.
Quarto is not needed.

nbdev names a page without its number (`05_loss.ipynb` is `loss.html`) and links to where the site is published;
so the processed notebooks are renamed, and the links made relative, before they are rendered.
No page asks another host for anything: KaTeX, onnxruntime-web and the badge of Colab are files of the site."""
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys

import nbformat
from nbdev.config import get_config
from nbdev.doclinks import _build_modidx, _nbpath2html
from nbdev.quarto import nbdev_sidebar, refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs.layout import KATEX
from smalldocs.site import build

import api_pages
import readme

cfg = get_config()
site_url = f"{cfg.doc_host}{cfg.doc_baseurl}/"
source_url = f"{cfg.git_url}/blob/{cfg.branch}/"
badge = 'https://colab.research.google.com/assets/colab-badge.svg'
explorer = readme.root / 'explorer'
from_npm = {'site_libs/katex': ('katex/dist', ['katex.min.css', 'katex.min.js', 'contrib/auto-render.min.js', 'fonts']),
            'explorer/vendor': ('onnxruntime-web/dist', ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'])}
skip_folders = r'^[_.]|^(runs|outputs)$'
meant_for_quarto = r'output-file|keep-md|commonmark'  # options that nbdev writes and smalldocs need not read


def page(path):
    "The name that nbdev gives to the page of the notebook `path`."
    return _nbpath2html(path).with_suffix('.ipynb')


def local_links(text, here, pages):
    "`text` of the notebook `here` with links to pages and files of the project as the site needs them."
    folder = posixpath.dirname(here)
    def published(m): return posixpath.relpath(m[1] or 'index.html', folder or '.')
    def relative(m):
        name, *anchor = m[2].partition('#')
        target = posixpath.normpath(posixpath.join(folder, name))
        inside = posixpath.relpath(pages.get(target, target), folder or '.')
        to = source_url + target[3:] if target.startswith('../') else inside
        return m[1] + to + ''.join(anchor)
    text = text.replace(badge, posixpath.relpath('images/colab.svg', folder or '.'))
    return readme.link.sub(relative, re.sub(re.escape(site_url) + r'([\w./-]*)', published, text))


def quoted_alt(source):
    "The source of a cell with its alt text in quotes, without which a colon would end it."
    def quoted(m): return m[1] + json.dumps(m[2], ensure_ascii=False)
    return re.sub(r'^(#\| *fig-alt: )([^\'"].*)$', quoted, source, flags=re.M)


def change(f, function):
    "Pass the text of a file through a function."
    f.write_text(function(f.read_text(encoding='utf-8')), encoding='utf-8')


def rename(cache):
    "Give the processed notebooks in `cache` their pages' names, and point all links there, those of the API pages too."
    notebooks = sorted(cache.rglob('*.ipynb'))
    pages = {f.relative_to(cache).as_posix(): page(f).relative_to(cache).as_posix() for f in notebooks}
    if len(set(pages.values())) < len(pages): sys.exit(f'Two notebooks would become one page: {pages}')
    for f in notebooks:
        nb, here = nbformat.read(f, as_version=4), f.relative_to(cache).as_posix()
        for cell in nb.cells:
            if cell.cell_type == 'markdown': cell.source = local_links(cell.source, here, pages)
            else: cell.source = quoted_alt(cell.source)
            for data in [o.data for o in cell.get('outputs', []) if 'text/markdown' in o.get('data', {})]:
                data['text/markdown'] = local_links(''.join(data['text/markdown']), here, pages)
        f.unlink()
        nbformat.write(nb, page(f))
    for f in cache.glob('api/*.md'): change(f, lambda text: local_links(text, f.relative_to(cache).as_posix(), pages))
    change(cache / 'sidebar.yml', lambda text: menu(text, pages))


def names():
    "What the index calls each lesson in its table, and the page on how to read it each appendix."
    listing = [nbformat.read(cfg.nbs_path / o, as_version=4) for o in (cfg.readme_nb, 'guide/reading.ipynb')]
    return {m[2]: m[1] for nb in listing for cell in nb.cells
            for m in re.finditer(r'^\| \[([^\]]+)\]\((?:\.\./)?(\w+\.ipynb)\)', cell.source, re.M)}


def menu(text, pages):
    "The menu with links to pages, each under the name and number that its lesson has in the index."
    named = names()
    def entry(m):
        indent, path = m.groups()
        name = named.get(posixpath.basename(path))
        href = pages.get(path, path)
        return f'{indent}- text: "{name}"\n{indent}  href: {href}' if name else f'{indent}- {href}'
    return re.sub(r'^( *)- ([\w./-]+\.ipynb)$', entry, text, flags=re.M)


def install():
    "Fetch what the pages need with npm, unless it is there."
    if not shutil.which('npm'):
        sys.exit('The site needs npm, which comes with Node.js: install it, then run `make docs` again.')
    lock, done = explorer / 'package-lock.json', explorer / 'node_modules' / '.package-lock.json'
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime: return
    subprocess.run(['npm', 'ci', '--no-fund', '--no-audit'], cwd=explorer, check=True)


def add_explorer(folder):
    "Put the page and its model beside the notebooks in `folder`, where links to it are checked."
    ours = shutil.ignore_patterns('node_modules', 'package*.json', '.npmrc', 'README.md')
    shutil.copytree(explorer, folder / 'explorer', dirs_exist_ok=True, ignore=ours)


def lessons():
    "The notebook of each module, by the name that the notebook exports to: `cars` is made from `A_renderer.ipynb`."
    sources = {f.name: f.read_text(encoding='utf-8') for f in sorted(cfg.nbs_path.glob('*.ipynb'))}
    return {m[1]: name for name, text in sources.items() if (m := re.search(r'"#\|\s*default_exp (\w+)', text))}


def add_api(folder):
    "Write a page about each module, and list them in the menu below the lessons."
    menu = ['', '      - section: API', '        contents:']
    menu += [f'          - {o}' for o in api_pages.write(folder, lessons())]
    with (folder / 'sidebar.yml').open('a', encoding='utf-8') as f: f.write('\n'.join([*menu, '']))


LOST = """---
title: There is no such page
---

Lessons were renamed and renumbered. What you look for may be among [the lessons](index.ipynb#the-lessons), on
[the page of all modules](api/modules.md) or in [the explorer](explorer/index.html); the search above finds the rest.
"""


def add_lost(folder):
    "Write what is shown for an address that leads nowhere; all pages that people link to lie beside it."
    (folder / '404.md').write_text(LOST, encoding='utf-8')


def add_packages(folder):
    "Copy what the pages need from npm into the site `folder`."
    for to, (package, names) in from_npm.items():
        for name in names:
            source, target = explorer / 'node_modules' / package / name, folder / to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def for_everyone(text):
    "Let what scrolls be reached with the keyboard, and neither decoration nor what an image says to the blind be read."
    scrolls = r'<(pre|div class="(?:cell-output[^">]*|sd-table)"|span class="math display")(?=[ >])'
    text = re.sub(scrolls, r'<\1 tabindex="0"', text)
    text = re.sub(r'<figcaption>.*?</figcaption>\n?', '', text)  # the alt text once more
    return text.replace('<i class="bi bi-github" role="img">', '<i class="bi bi-github" aria-hidden="true">')


def live_anchors(folder):
    "Take a link whose anchor is not in its page to the top of that page: nbdev links to methods without headings too."
    pages = [f.resolve() for f in folder.rglob('*.html')]
    ids = {f: set(re.findall(r'\bid="([^"]+)"', f.read_text(encoding='utf-8'))) for f in pages}
    for f in pages:
        def alive(m):
            target = (f.parent / m[1]).resolve() if m[1] else f
            return m[0] if m[2] in ids.get(target, {m[2]}) else f'href="{m[1]}"'
        change(f, lambda text: re.sub(r'href="([^":#]*)#([^"]+)"', alive, text))


def with_scripts(text, root):
    "The text of a page with the search, what remembers how far one has read, and its moving figures, if there are any."
    names = ['search.js', 'progress.js', *(['figures/index.js'] if 'data-figure=' in text else [])]
    tags = [f'<script type="module" src="{root}/explorer/{o}"></script>' for o in names]
    return text.replace('</body>', '\n'.join([*tags, '</body>']))


def with_download(text, root):
    "The text of a page with a link to its notebook beside the one to Colab."
    link = rf'\1 <a href="{root}/notebooks/\2" download>Download the notebook</a>'
    return re.sub(r'(<a href="https://colab[^"]*/nbs/([^"]+)"[^>]*>.*?</a>)', link, text)


def add_notebooks(folder):
    "Put the notebooks themselves into the site `folder`."
    for f in [*cfg.nbs_path.glob('*.ipynb'), *cfg.nbs_path.glob('solutions/*.ipynb')]:
        target = folder / 'notebooks' / f.relative_to(cfg.nbs_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f, target)


def finish(folder):
    "Make all pages fit for everyone, let them take KaTeX from the site, and do without fonts of another host."
    for f in folder.rglob('*.html'):
        root = os.path.relpath(folder, f.parent)
        def finished(text):
            text = for_everyone(text.replace(KATEX, f'{root}/site_libs/katex'))
            return text if f.is_relative_to(folder / 'explorer') else with_download(with_scripts(text, root), root)
        change(f, finished)
    for f in (folder / 'site_libs' / 'themes').glob('*.css'):
        change(f, lambda text: re.sub(r'@import url\([^)]*\);', '', text))


def found_once(folder):
    "Let the search find a function on its API page alone; what a lesson says of it joins the section above."
    f = folder / 'search.json'
    entries, kept = json.loads(f.read_text(encoding='utf-8')), []
    names = {o['section'] for o in entries if o['href'].startswith('api/')} - {''}
    for o in entries:
        if o['section'] in names and not o['href'].startswith('api/') and kept: kept[-1]['text'] += ' ' + o['text']
        else: kept.append(o)
    f.write_text(json.dumps(kept, ensure_ascii=False), encoding='utf-8')


SEARCH = {'threshold: 0.3': 'threshold: 0.3, useExtendedSearch: true', # in smalldocs' script
          'fuse.search(q, { limit })': 'fuse.search(window.everyWord(q), { limit })'}


def search_for_words(text):
    "The script of the search, so that it looks for the words of a question, and not for the question."
    for old, new in SEARCH.items():
        if text.count(old) != 1: sys.exit(f'The search of this smalldocs is another one: {old!r} is not in it once.')
        text = text.replace(old, new)
    return text


def main():
    install()
    refresh_quarto_yml()
    _build_modidx()
    nbdev_sidebar.__wrapped__(skip_folder_re=skip_folders)
    cache = proc_nbs(n_workers=2, force=True, skip_folder_re=skip_folders)
    add_explorer(cache)
    add_api(cache)
    add_lost(cache)
    rename(cache)
    site = build(cache, quiet=True)
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(site.out, cfg.doc_path)
    add_packages(cfg.doc_path)
    add_notebooks(cfg.doc_path)
    finish(cfg.doc_path)
    live_anchors(cfg.doc_path)
    found_once(cfg.doc_path)
    change(cfg.doc_path / 'site_libs' / 'smalldocs.js', search_for_words)
    (cfg.doc_path / '.nojekyll').touch()
    for w in site.warnings:
        if not re.search(meant_for_quarto, w): print(f'warning: {w}', file=sys.stderr)
    for here, link in site.broken: print(f'broken link in {here}: {link}', file=sys.stderr)
    print(f'wrote {len(site.pages)} pages: open {os.path.relpath(cfg.doc_path)}/index.html')
    return bool(site.broken)


if __name__ == '__main__':
    os.chdir(readme.root)
    os.environ.pop('IN_TEST', None)
    os.environ['PYTHONWARNINGS'] = 'ignore'  # of nbdev's workers, about cells that they do not run
    sys.exit(main())
