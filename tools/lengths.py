"""How long each lesson is: cells and words in sight, and the longest cell of code. A lesson should have one idea,
40 to 60 cells and 2,000 to 2,500 words."""
import re

import nbformat

import readme

hidden = re.compile(r'^#\|\s*(hide\b|default_exp)', re.M)


def in_sight(nb): return [c for c in nb.cells if not hidden.search(c.source)]


def lengths(nb):
    "Cells, words of prose and lines of the longest code cell, of what a reader sees."
    cells = in_sight(nb)
    words = sum(len(c.source.split()) for c in cells if c.cell_type == 'markdown')
    lines = [len(c.source.splitlines()) for c in cells if c.cell_type == 'code']
    return len(cells), words, max(lines, default=0)


def main():
    print(f"{'':24}{'cells':>8}{'words':>8}{'longest cell':>15}")
    for f in sorted((readme.root / 'nbs').glob('*.ipynb')):
        cells, words, lines = lengths(nbformat.read(f, as_version=4))
        print(f'{f.stem:24}{cells:8,}{words:8,}{lines:15,}')


if __name__ == '__main__': main()
