"""Run every notebook's tests as somebody on Colab would: each alone in an empty folder and in a process of its own."""
import argparse
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import readme

NBDEV_TEST = Path(sys.executable).parent / 'nbdev_test'


def notebooks(pattern):
    "The notebooks of lessons and solutions whose path below nbs/ begins with a match of `pattern`."
    nbs = readme.root / 'nbs'
    paths = [o.relative_to(nbs) for o in sorted(nbs.rglob('*.ipynb'))]
    return [o for o in paths if re.match(pattern, o.as_posix()) and not any(p.startswith('.') for p in o.parts)]


def passes(path, folder):
    "Whether the tests of one notebook pass, in a copy that lies alone in a folder."
    alone = folder / '_'.join(path.with_suffix('').parts)
    alone.mkdir()
    shutil.copy(readme.root / 'nbs' / path, alone)
    command = [NBDEV_TEST, '--path', alone / path.name, '--n_workers', '0', '--do_print']
    return subprocess.run(command, cwd=readme.root).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--n_workers', type=int, default=1, help='notebooks at a time')
    parser.add_argument('--file_re', default='', help='what the path of a notebook begins with, below nbs/')
    args = parser.parse_args()
    paths = notebooks(args.file_re)
    if not paths: parser.error(f'no notebook below nbs/ begins with {args.file_re!r}')
    with TemporaryDirectory(prefix='notebooks-') as folder, ThreadPoolExecutor(args.n_workers) as pool:
        failed = [p for p, ok in zip(paths, pool.map(lambda p: passes(p, Path(folder)), paths)) if not ok]
    return f'Tests failed in: {", ".join(map(str, failed))}' if failed else None


if __name__ == '__main__': sys.exit(main())
