"""Make README.md from nbs/index.ipynb: its Markdown cells, its visible code and what that printed, with links that
work from the root."""
import posixpath
import re
from configparser import ConfigParser
from pathlib import Path

import nbformat

root = Path(__file__).resolve().parent.parent
note = '<!-- Made from nbs/index.ipynb by `make readme`: edit the notebook, not this file. -->'
hidden = re.compile(r'^#\|\s*(hide\b|default_exp|export|echo:\s*false)', re.M)
link = re.compile(r'(\]\(|(?:src|href)=")(?![a-z][a-z+.-]*:|[#/])([^)"\s]+)')


def rebase(text, folder):
    "`text` with its relative links, written for a file in `folder`, as they are from the root."
    return link.sub(lambda m: m[1] + posixpath.normpath(posixpath.join(folder, m[2])), text)


def cell_text(cell, folder):
    "What README shows of one cell, or None."
    source = cell.source.strip()
    if cell.cell_type == 'markdown': return rebase(source, folder) or None
    if cell.cell_type != 'code' or hidden.search(source): return None
    code = re.sub(r'^#\|.*\n?', '', source, flags=re.M).strip()
    return '\n\n'.join([f'```python\n{code}\n```', *map(printed, cell.get('outputs', []))]) if code else None


def printed(output): return f"```\n{output['text'].strip()}\n```"


def readme_text():
    "README.md as the index notebook has it now."
    parser = ConfigParser(delimiters=['='])
    parser.read(root / 'settings.ini', encoding='utf-8')
    folder = parser['DEFAULT']['nbs_path']
    nb = nbformat.read(root / folder / parser['DEFAULT']['readme_nb'], as_version=4)
    first, *rest = [o for o in (cell_text(c, folder) for c in nb.cells) if o]
    return '\n\n'.join([first, note, *rest]) + '\n'


if __name__ == '__main__':
    (root / 'README.md').write_text(readme_text(), encoding='utf-8')
