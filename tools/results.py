"""Put the newest record of records/ as a table into nbs/index.ipynb, between its two markers."""
import json
import re
from statistics import mean, stdev

import nbformat

import readme

start, end = '<!-- results: made from records/ by `make readme` -->', '<!-- end of results -->'
index = readme.root / 'nbs' / 'index.ipynb'


def spread(values, digits):
    "Mean and standard deviation; the value alone where there is one."
    values = [o for o in values if o is not None]
    if not values: return ''
    return f'{mean(values):.{digits}f}' + (f' ± {stdev(values):.{digits}f}' if len(values) > 1 else '')


def row(name, rows):
    "One line of the table."
    def cell(key, digits): return spread([o.get(key) for o in rows], digits)
    return f"| {name} | {cell('psnr', 2)} | {cell('ssim', 3)} | {cell('fd_lite0_reconstructions', 0)} | {cell('epochs', 0)} | {rows[0]['parameters']:,} |"


def table(record):
    "The record as Markdown: what was measured where, then a line for every model."
    groups = {}
    for o in record['rows']: groups.setdefault(o['name'], []).append(o)
    first, hw, v = record['rows'][0], record['hardware'], record['versions']
    seeds = max(map(len, groups.values()))
    return '\n'.join([
        f"{first['n_train']} photos to train on, {record['minutes']:g} minutes of training each ({hw['cpu']}, {hw['threads']} threads, PyTorch {v['torch']}), "
        f"measured on {first['n']} other photos at 128x128; mean ± standard deviation over {seeds} seeds, {record['date']}.", '',
        '| model | PSNR (dB) | SSIM | FD-lite0 | epochs | parameters |', '| --- | --- | --- | --- | --- | --- |', *[row(*o) for o in groups.items()]])


def insert(text, new):
    "`text` with `new` between the markers."
    return re.sub(f'(?<={re.escape(start)}\n).*?(?={re.escape(end)})', lambda _: f'\n{new}\n\n', text, flags=re.S)


def update():
    "Refresh the cell of the index notebook that holds the markers."
    records = sorted((readme.root / 'records').glob('photos_*.json'))
    nb = nbformat.read(index, as_version=4)
    if not records: return
    new = table(json.loads(records[-1].read_text(encoding='utf-8')))
    for cell in nb.cells:
        if start in cell.source: cell.source = insert(cell.source, new)
    nbformat.write(nb, index)


if __name__ == '__main__': update()
