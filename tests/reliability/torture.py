"What `make torture` asks for beyond `make test`, and the figures that it keeps."
import json
import os
import time

import pytest

FIGURES = 'CAR_VAE_TORTURE' # the environment variable that asks for all of it: a file to add figures to
ALL = bool(os.environ.get(FIGURES))
only_in_torture = pytest.mark.skipif(not ALL, reason='only in `make torture`')


def note(name, start, **figures):
    "Add figures under a name, with the seconds since `start` (of `time.perf_counter`), where they are asked for."
    if not ALL: return
    with open(os.environ[FIGURES], 'a') as f:
        f.write(json.dumps({name: dict(seconds=round(time.perf_counter() - start, 1), **figures)}) + '\n')
