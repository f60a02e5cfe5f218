"""Odd files, hostile input, load, numbers and interruptions: python records/reliability.py, or make torture

The figures go into records/reliability_DATE.json when every test has passed."""
import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

import PIL
from measure import hardware, versions

folder = Path(__file__).resolve().parent


def tortured():
    "Run all tests; their figures by name. Ends with the exit code of pytest where one fails."
    with tempfile.TemporaryDirectory() as d:
        kept = Path(d)/'figures.jsonl'
        command = [sys.executable, '-m', 'pytest', folder.parent/'tests'/'reliability']
        code = subprocess.run(command, env=os.environ | {'CAR_VAE_TORTURE': str(kept)}).returncode
        if code: sys.exit(code)
        return {k: v for line in kept.read_text().splitlines() for k, v in json.loads(line).items()}


def record(figures, seconds):
    "Figures with what they depend on."
    return dict(date=date.today().isoformat(), command='make torture', seconds=round(seconds), hardware=hardware(),
                versions=versions() | dict(pillow=PIL.__version__), **figures)


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=folder/f'reliability_{date.today()}.json', help='the record')
    out, start = parser.parse_args().out, time.perf_counter()
    figures = tortured()
    out.write_text(json.dumps(record(figures, time.perf_counter() - start), indent=1))


if __name__ == '__main__': main()
