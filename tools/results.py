"""Put the newest records of records/ and benchmarks/ as tables into nbs/index.ipynb, between its two markers."""
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


columns = {'psnr': ('PSNR (dB)', 2), 'ssim': ('SSIM', 3), 'fd_lite0_reconstructions': ('FD-lite0', 0),
           'fd_lite0_samples': ('of samples', 0), 'epochs': ('epochs', 0)}
peer_columns = {'images_per_second': ('images/s', 0), 'seconds_to_18_db': ('seconds to 18 dB', 0),
                'psnr': ('PSNR (dB)', 2), 'psnr_own_size': ('PSNR at 64x64', 2), 'ssim': ('SSIM', 3),
                'fd_lite0': ('FD-lite0', 0), 'epochs': ('epochs', 0), 'peak_memory': ('peak memory (MiB)', 0)}


def markdown(rows):
    "A table: its header, then its rows, each a list of texts."
    header, *lines = rows
    return '\n'.join(f"| {' | '.join(o)} |" for o in (header, ['---'] * len(header), *lines))


def cell(rows, key, digits):
    "One measure of one model, over its seeds."
    return spread([o.get(key) for o in rows], digits)


def peer_cell(rows, key, digits):
    "The same; for how long it took to 18 dB, in how many seeds these were reached, where not in all."
    values = [o[key] for o in rows if o.get(key) is not None]
    if key != 'seconds_to_18_db' or len(values) == len(rows): return spread(values, digits)
    return f'{spread(values, digits)} ({len(values)} of {len(rows)})' if values else 'never'


def by_name(rows):
    "The rows of each model, one for each of its seeds."
    groups = {}
    for o in rows: groups.setdefault(o['name'], []).append(o)
    return groups


def table(record, columns=columns, cell=cell):
    "The record as Markdown: what was measured where, then a line for every model; no columns that nobody measured."
    groups = by_name(o for o in record['rows'] if 'by example' not in o['name']) # parts of those are copies
    used = {k: c for k, c in columns.items() if any(k in o for o in record['rows'])}
    lines = [[name, *(cell(rows, k, digits) for k, (_, digits) in used.items()), f"{rows[0]['parameters']:,}"]
             for name, rows in groups.items()]
    header = ['model', *(title for title, _ in used.values()), 'parameters']
    return about(record, max(map(len, groups.values()))) + '\n\n' + markdown([header, *lines])


def about(record, seeds):
    "What was measured, for how long and where, in a sentence."
    first, hw, torch = record['rows'][0], record['hardware'], record['versions']['torch']
    where = f"{hw['gpu'] or hw['cpu']}, {hw['threads']} threads, PyTorch {torch}"
    spread = 'one seed' if seeds == 1 else f'mean ± standard deviation over {seeds} seeds'
    return (f"{first['n_train']:,} photos to train on, about {record['minutes']:g} minutes of training each ({where}), "
            f"measured on {first['n']} other photos at 128x128; {spread}, {record['date']}.")


def insert(text, new):
    "`text` with `new` between the markers; raises `ValueError` where the second one is missing."
    if text.count(end) != 1:
        raise ValueError(f'nbs/index.ipynb has {start} without one {end} behind it: put both back.')
    return re.sub(f'(?<={re.escape(start)}\n).*?(?={re.escape(end)})', lambda _: f'\n{new}\n\n', text, flags=re.S)


def peer_table(record): return table(record, peer_columns, peer_cell)


sharp_columns = {'epochs': ('epochs', 0), 'psnr': ('PSNR (dB)', 2), 'ssim': ('SSIM', 3),
                 'fd_lite0_reconstructions': ('FD-lite0', 0), 'fd_vgg_reconstructions': ('FD-VGG', 0),
                 'bytes': ('bytes', 0)}


def sharp_table(record):
    "What runs of the recipe `sharp` come to, and their rivals."
    groups = by_name(record['rows'])
    lines = [[name, *(cell(rows, k, digits) for k, (_, digits) in sharp_columns.items())]
             for name, rows in groups.items()]
    trained = next(rows for rows in groups.values() if 'numbers' in rows[0])
    pca = {f"{name}, {trained[0]['numbers']:,} numbers": cell(trained, key, 2)
           for key, name in dict(pca_psnr='PCA', block_pca_psnr='PCA of blocks').items()}
    lines += [[name, '', value] + ['']*4 for name, value in pca.items()]
    header = ['', *(title for title, _ in sharp_columns.values())]
    return about_sharp(record, trained[0], len(trained)) + '\n\n' + markdown([header, *lines])


def about_sharp(record, run, seeds):
    "What was trained, on what, and where, in a sentence."
    spread = 'one seed' if seeds == 1 else f'mean ± standard deviation over {seeds} seeds'
    where = f"{run['n']} other photos at {run['size']}x{run['size']} ({record['hardware']['cpu']})"
    return (f"{run['numbers']:,} numbers a photo instead of 128: the recipe `sharp` on {run['n_train']:,} photos, "
            f"measured on {where}; {spread}, with a standard error over the photos of {run['psnr_se']:.2f} dB, "
            f"{record['date']}.")


sketch_columns = {'style right': ('style right', 2), 'within 10°': ('within 10°', 2),
                  'RGB distance': ('RGB distance', 3), 'psnr': ('PSNR (dB)', 1), 'fd_lite0': ('FD-lite0', 0),
                  'nearest': ('nearest training car', 2)}


def sketch_table(record):
    "Whether cars come as they are asked for, below what renders and reconstructions of the same cars reach."
    def line(name, rows): return [name, *(cell(rows, k, digits) for k, (_, digits) in sketch_columns.items())]
    more = sorted({o['more'] for o in record['rows']})
    rows = {n: [o for o in record['rows'] if o['more'] == n] for n in more}
    lines = [*(line(name, [o]) for name, o in record['ceilings'].items()),
             *(line(f'sketched, {n:,} cars drawn on top', o) for n, o in rows.items())]
    seeds = max(map(len, rows.values()))
    about = (f"Drawn cars, asked for by the factors of {record['n']} held-out ones, at 64x64 "
             f"({record['hardware']['cpu']}, {record['steps']:,} steps); mean ± standard deviation over {seeds} seeds, "
             f"{record['date']}. The columns up to PSNR are of those, the others of cars of which nothing was asked.")
    return about + '\n\n' + markdown([['', *(title for title, _ in sketch_columns.values())], *lines])


gpu_rows = {'classic': 'classic', 'fast': 'fast', 'more': 'fast, more photos'}


def gpu_table(record):
    "What the trainings on a GPU came to, and PCA beside each of them."
    trained = {name: record[part] for part, name in gpu_rows.items() if 'psnr' in record[part]}
    header = ['recipe', 'photos', 'epochs', 'seconds', 'PSNR (dB)', 'PSNR of PCA', 'SSIM']
    formats = {'n_train': ',', 'epochs': ',', 'seconds': '.0f', 'psnr': '.2f', 'pca_psnr': '.2f', 'ssim': '.3f'}
    lines = [[name, *(format(o[k], f) for k, f in formats.items())] for name, o in trained.items()]
    n, torch = next(iter(trained.values()))['n'], record['versions']['torch']
    where = (f"On a GPU ({record['gpu']}, PyTorch {torch}), measured on {n} held-out photos at 128x128; "
             f"one seed, {record['date']}.")
    return where + '\n\n' + markdown([header, *lines])


def gpu_sharp_table(record):
    "What sharp pictures and a flow came to on a GPU in minutes, below what other photos reach."
    s, (*_, drawn) = record['settings'], [o for o in record['samples']['rows'] if o['decoder'] == 'wide']
    trained = {f"sharp, {s['minutes']} minute": 'one_minute', f"wider, {s['wide_minutes']} minutes": 'wide',
               f"its decoder sharpened, {s['critic_minutes']} minutes more": 'sharpened'}
    other = format(record['floors']['other_photos']['fd_lite0'], '.0f')
    lines = [['other photos', '', '', '', '', other, ''],
             *([name, *gpu_sharp_cells(record[part]), ''] for name, part in trained.items()),
             [f"drawn by a flow, {s['flow_minutes']} minutes more", '', f"{record['flow']['parameters']:,}", '', '',
              f"{drawn['fd_lite0']:.0f}", f"{drawn['nearest']:.2f}"]]
    header = ['', 'epochs', 'parameters', 'PSNR (dB)', 'SSIM', 'FD-lite0', 'nearest training photo']
    wide, where = record['wide'], f"{record['gpu']}, PyTorch {record['versions']['torch']}"
    about = (f"On a GPU ({where}) with {wide['n_train']:,} photos, measured on {wide['n']} other photos at 128x128; "
             f"one seed, {record['date']}.")
    return about + '\n\n' + markdown([header, *lines])


def gpu_sharp_cells(row): return [format(row[k], f) if k in row else '' for k, f in gpu_sharp_formats.items()]


gpu_sharp_formats = {'epochs': ',', 'parameters': ',', 'psnr': '.2f', 'ssim': '.3f', 'fd_lite0': '.0f'}


def newest(pattern):
    "The newest record of a kind, in a list that is empty where there is none."
    return [json.loads(f.read_text(encoding='utf-8')) for f in sorted(readme.root.glob(pattern))[-1:]]


def tables():
    "The newest record of each kind: sharp, asked for, few photos, more of them, on a GPU, networks of others."
    kinds = {'records/sharp': sharp_table, 'records/sketch': sketch_table, 'records/photos': table,
             'records/more_photos': table, 'records/gpu': gpu_table, 'records/gpu_sharp': gpu_sharp_table,
             'benchmarks/peers': peer_table}
    return '\n\n'.join(shown(o) for kind, shown in kinds.items() for o in newest(f'{kind}_2*.json'))


def update():
    "Refresh the cell of the index notebook that holds the markers."
    nb, new = nbformat.read(index, as_version=4), tables()
    if not new: return
    for cell in nb.cells:
        if start in cell.source: cell.source = insert(cell.source, new)
    nbformat.write(nb, index)


if __name__ == '__main__': update()
