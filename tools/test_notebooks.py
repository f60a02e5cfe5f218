"""Run every notebook's tests as somebody on Colab would: each alone in an empty folder, with the package installed.
Arguments go to nbdev_test."""
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import readme


def scatter(folder):
    "Copy each notebook into a folder of its own."
    nbs = readme.root / 'nbs'
    for f in sorted(nbs.rglob('*.ipynb')):
        name = f.relative_to(nbs).with_suffix('')
        if any(o.startswith('.') for o in name.parts): continue
        alone = folder / '_'.join(name.parts)
        alone.mkdir()
        shutil.copy(f, alone)


def main():
    with TemporaryDirectory(prefix='notebooks-') as folder:
        scatter(Path(folder))
        command = [Path(sys.executable).parent / 'nbdev_test', '--path', folder, '--do_print', *sys.argv[1:]]
        return subprocess.run(command, cwd=readme.root).returncode


if __name__ == '__main__': sys.exit(main())
