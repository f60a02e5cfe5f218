"""Put the newest records of records/ and benchmarks/ as tables into nbs/guide/results.ipynb, and a few of their rows
into nbs/index.ipynb, each between two markers."""
import json
import re
from statistics import mean, median, stdev

import nbformat

import readme

start, end = '<!-- results: made from records/ by `make readme` -->', '<!-- end of results -->'
nbs = readme.root / 'nbs'


def spread(values, digits):
    "Mean and standard deviation; the value alone where there is only one."
    values = [o for o in values if o is not None]
    if not values: return ''
    return f'{mean(values):.{digits}f}' + (f' ± {stdev(values):.{digits}f}' if len(set(values)) > 1 else '')


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


def measures(groups, columns):
    "A table of measures: a line for each group of rows, by its name."
    lines = [[name, *(cell(rows, k, digits) for k, (_, digits) in columns.items())] for name, rows in groups.items()]
    return markdown([['', *(title for title, _ in columns.values())], *lines])


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
    if text.count(end) != 1: raise ValueError(f'There is {start} without one {end} behind it: put both back.')
    return re.sub(f'(?<={re.escape(start)}\n).*?(?={re.escape(end)})', lambda _: f'\n{new}\n\n', text, flags=re.S)


def peer_table(record): return table(record, peer_columns, peer_cell)


sharp_columns = {'n_train': ('photos', 0), 'epochs': ('epochs', 0), 'psnr': ('PSNR (dB)', 2), 'ssim': ('SSIM', 3),
                 'fd_lite0_reconstructions': ('FD-lite0', 0), 'fd_vgg_reconstructions': ('FD-VGG', 0),
                 'bytes': ('bytes', 0), 'others_psnr': ('PSNR, other kind', 2)}


def sharp_table(record):
    "What runs of the recipe `sharp` come to, and their rivals."
    groups = by_name(record['rows'])
    columns = {k: c for k, c in sharp_columns.items() if any(k in o for o in record['rows'])}
    of_runs = [rows for rows in groups.values() if 'numbers' in rows[0]]
    trained, seeds = of_runs[0], sorted({len(rows) for rows in of_runs})
    for key, name in dict(pca_psnr='PCA', block_pca_psnr='PCA of blocks').items():
        of_pca = [dict(n_train=o['n_train'], psnr=o[key]) for o in trained]
        groups[f"{name}, {trained[0]['numbers']:,} numbers"] = of_pca
    return about_sharp(record, trained[0], seeds) + '\n\n' + measures(groups, columns)


def about_sharp(record, run, seeds):
    "What was trained, on what, and where, in a sentence."
    over = ' or '.join(map(str, seeds))
    spread = 'one seed' if seeds == [1] else f'mean ± standard deviation over {over} seeds'
    where = f"{run['n']} other photos at {run['size']}x{run['size']} ({record['hardware']['cpu']})"
    others = f" The last column is of {run['others_n']:,} photos of `{record['others']}`." if 'others' in record else ''
    trained = f" {record['trained']}" if 'trained' in record else ''
    return (f"{run['numbers']:,} numbers a photo instead of 128: the recipe `sharp`, "
            f"measured on {where}; {spread}, with a standard error over the photos of {run['psnr_se']:.2f} dB, "
            f"{record['date']}.{others}{trained}")


sketch_columns = {'style right': ('style right', 2), 'within 10°': ('within 10°', 2),
                  'RGB distance': ('RGB distance', 3), 'psnr': ('PSNR (dB)', 1), 'fd_lite0': ('FD-lite0', 0),
                  'nearest': ('nearest training car', 2)}


def sketch_table(record):
    "Whether cars come as they are asked for, below what renders and reconstructions of the same cars reach."
    groups = {name: [o] for name, o in record['ceilings'].items()}
    for n in sorted({o['more'] for o in record['rows']}):
        groups[f'sketched, {n:,} cars drawn on top'] = [o for o in record['rows'] if o['more'] == n]
    about = (f"Drawn cars, asked for by the factors of {record['n']} held-out ones, at 64x64 "
             f"({record['hardware']['cpu']}, {record['steps']:,} steps); {over_seeds(record)}, "
             f"{record['date']}. The columns up to PSNR are of those, the others of cars of which nothing was asked.")
    return about + '\n\n' + measures(groups, sketch_columns)


copies_columns = {'nearest': ('nearest training car', 2), 'fd_samples': ('FD-lite0', 0)}


def copies_table(record):
    "From how few cars a flow learns by heart."
    sizes = sorted({o['size'] for o in record['rows']})
    lines = [[f'{n:,}', *(cell([o for o in record['rows'] if o['size'] == n], k, digits)
                          for k, (_, digits) in copies_columns.items())] for n in sizes]
    about = (f"What a flow draws that learned from so many drawn cars and their mirror images, on 128 numbers at 64x64 "
             f"({record['hardware']['cpu']}, {record['steps']:,} steps, whatever their number); {over_seeds(record)}, "
             f"{record['date']}. Reconstructions have FD-lite0 {record['fd_reconstructions']:.0f}; far below 1 begins "
             "copying.")
    return about + '\n\n' + markdown([['cars', *(title for title, _ in copies_columns.values())], *lines])


smooth_columns = {'rate': ('rate (nats)', 0), 'psnr': ('PSNR (dB)', 2),
                  'fd_reconstructions': ('FD-lite0 of reconstructions', 0), 'fd_samples': ('of samples', 0),
                  'nearest': ('nearest training car', 2)}


def smooth_table(record):
    "Whether a flow draws better in a latent that was made easier to learn."
    about = (f"The same grid of 8x8x8 numbers, and a flow in it for {record['steps']:,} steps, from {record['n']:,} "
             f"drawn cars at {record['size']}x{record['size']}, 3 in 10 of them held out "
             f"({record['hardware']['cpu']}); {over_seeds(record)}, {record['date']}.")
    return about + '\n\n' + measures(by_name(record['rows']), smooth_columns)


def bf16_table(record):
    "What bfloat16 saves on a CPU, and what it costs."
    rows, sizes = by_name(record['rows']), sorted({o['size'] for o in record['speeds']})
    def times(name, size):
        rounds, = (o['rounds'] for o in record['speeds'] if (o['name'], o['size']) == (name, size))
        return f"{median(o['bfloat16']/o['float32'] for o in rounds):.2f}"
    names = {o['name'] for o in record['speeds']}
    lines = [[name, *(cell(rows[f'{name}, {kind}'], 'psnr', 2) for kind in ('float32', 'bfloat16')),
              *(times(name, size) for size in sizes)] for name in sorted(names, reverse=True)]
    rounds, hw = len(record['speeds'][0]['rounds']), record['hardware']
    about = (f"The same trainings in both kinds of numbers, on {record['n']:,} drawn cars at "
             f"{record['size']}x{record['size']}, 3 in 10 of them held out; {over_seeds(record)}. Then how many times "
             f"as many images a second bfloat16 trains on, both kinds in turn, median of {rounds} rounds "
             f"({hw['cpu']}, {hw['threads']} threads), {record['date']}.")
    header = ['recipe', 'float32 (dB)', 'bfloat16 (dB)', *(f'times as fast at {size}x{size}' for size in sizes)]
    return about + '\n\n' + markdown([header, *lines])


optimiser_columns = {'psnr': ('PSNR (dB)', 2), 'ssim': ('SSIM', 3), 'cpu_seconds': ('seconds', 0)}


def optimiser_table(record):
    "What Adam and Muon reach in as many epochs, and how long these take."
    about = (f"The same trainings for {record['epochs']} epochs of {record['n']:,} drawn cars at "
             f"{record['size']}x{record['size']}, 3 in 10 of them held out ({record['hardware']['cpu']}, one thread); "
             f"{over_seeds(record)}, {record['date']}.")
    return about + '\n\n' + measures(by_name(record['rows']), optimiser_columns)


def over_seeds(record): return f"mean ± standard deviation over {len({o['seed'] for o in record['rows']})} seeds"


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


KINDS = {'Sharp pictures': {'records/sharp': sharp_table}, 'Cars, asked for': {'records/sketch': sketch_table},
         'A prior that is learned': {'records/smooth': smooth_table, 'records/copies': copies_table},
         'With 128 numbers': {'records/photos': table, 'records/more_photos': table},
         'Adam or Muon': {'records/optimiser': optimiser_table},
         'On a CPU in bfloat16': {'records/bf16': bf16_table},
         'On a GPU': {'records/gpu_sharp': gpu_sharp_table, 'records/gpu': gpu_table},
         'Beside the networks of others': {'benchmarks/peers': peer_table}}


def tables():
    "The newest record of each kind, under headings."
    found = {title: [shown(o) for kind, shown in kinds.items() for o in newest(f'{kind}_2*.json')]
             for title, kinds in KINDS.items()}
    return '\n\n'.join('\n\n'.join([f'## {title}', *texts]) for title, texts in found.items() if texts)


highlights_columns = {k: sharp_columns[k] for k in ('psnr', 'ssim', 'fd_lite0_reconstructions')}


def highlights():
    "Both models on the same held-out photos, and what each has to beat, as one short table."
    (sharp,), (few,) = newest('records/sharp_2*.json'), newest('records/more_photos_2*.json')
    rows, few_rows = by_name(sharp['rows']), by_name(few['rows'])
    trained = {name: o for name, o in rows.items() if 'numbers' in o[0]}
    name, best = max(trained.items(), key=lambda item: mean(o['psnr'] for o in item[1]))
    pca, many = [dict(psnr=o['pca_psnr']) for o in best], f"{best[0]['numbers']:,} numbers"
    shown = {'the mean photo': rows['mean photo'], 'the nearest training photo': rows['nearest training photo'],
             'PCA, 128 numbers': few_rows['PCA, 128 components'], '`fast`, 128 numbers': few_rows['fast'],
             f'PCA, {many}': pca, f'`{name}`, {many}': best}
    return measures(shown, highlights_columns)


PLACES = {nbs / 'index.ipynb': highlights, nbs / 'guide' / 'results.ipynb': tables}


def update():
    "Refresh the cells that hold the markers."
    for f, made in PLACES.items():
        nb, new = nbformat.read(f, as_version=4), made()
        for cell in nb.cells:
            if start in cell.source: cell.source = insert(cell.source, new)
        nbformat.write(nb, f)


if __name__ == '__main__': update()
