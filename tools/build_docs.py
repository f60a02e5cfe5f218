"""Make the docs site in _docs/: nbdev processes the notebooks, smalldocs renders them; Quarto is not needed.

nbdev names a page without its number (`04_loss.ipynb` is `loss.html`) and links to where the site is published;
so the processed notebooks are renamed, and the links made relative, before they are rendered."""
import os
import posixpath
import re
import shutil
import sys

import nbformat
from nbdev.config import get_config
from nbdev.doclinks import _build_modidx, _nbpath2html
from nbdev.quarto import nbdev_sidebar, refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs.site import build

import readme

cfg = get_config()
site_url = f"{cfg.doc_host}{cfg.doc_baseurl}/"
source_url = f"{cfg.git_url}/blob/{cfg.branch}/"
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
        to = source_url + target[3:] if target.startswith('../') else posixpath.relpath(pages.get(target, target), folder or '.')
        return m[1] + to + ''.join(anchor)
    return readme.link.sub(relative, re.sub(re.escape(site_url) + r'([\w./-]*)', published, text))


def rename(cache):
    "Give the processed notebooks in `cache` their pages' names, and point all links there."
    notebooks = sorted(cache.rglob('*.ipynb'))
    pages = {f.relative_to(cache).as_posix(): page(f).relative_to(cache).as_posix() for f in notebooks}
    if len(set(pages.values())) < len(pages): sys.exit(f'Two notebooks would become one page: {pages}')
    for f in notebooks:
        nb, here = nbformat.read(f, as_version=4), f.relative_to(cache).as_posix()
        for cell in nb.cells:
            if cell.cell_type == 'markdown': cell.source = local_links(cell.source, here, pages)
            for o in cell.get('outputs', []):
                if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = local_links(''.join(o.data['text/markdown']), here, pages)
        f.unlink()
        nbformat.write(nb, page(f))
    menu = cache / 'sidebar.yml'
    menu.write_text(re.sub(r'[\w./-]+\.ipynb', lambda m: pages.get(m[0], m[0]), menu.read_text(encoding='utf-8')), encoding='utf-8')


def main():
    refresh_quarto_yml()
    _build_modidx()
    nbdev_sidebar.__wrapped__(skip_folder_re=skip_folders)
    cache = proc_nbs(n_workers=2, force=True, skip_folder_re=skip_folders)
    rename(cache)
    site = build(cache, quiet=True)
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(site.out, cfg.doc_path)
    (cfg.doc_path / '.nojekyll').touch()
    for w in site.warnings:
        if not re.search(meant_for_quarto, w): print(f'warning: {w}', file=sys.stderr)
    for here, link in site.broken: print(f'broken link in {here}: {link}', file=sys.stderr)
    print(f'wrote {len(site.pages)} pages: open {os.path.relpath(cfg.doc_path)}/index.html')
    return bool(site.broken)


if __name__ == '__main__':
    os.chdir(readme.root)
    os.environ.pop('IN_TEST', None)
    sys.exit(main())
