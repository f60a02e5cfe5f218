"What the tests of the command line and of the contracts share."
import numpy as np
import pytest
from PIL import Image

from car_vae.cli import main


def picture(seed, size):
    "A coloured block on a white ground, somewhere else for every seed."
    rng = np.random.default_rng(seed)
    a = np.full((*size[::-1], 3), 255, np.uint8)
    y, x = rng.integers(2, 14, 2)
    a[y:y + 16, x:x + 20] = rng.integers(0, 200, 3)
    return Image.fromarray(a)


@pytest.fixture
def call(here, capsys):
    "The command line in this process, in the folder `here`: without the seconds that PyTorch needs to start."
    def _call(*args, code=0):
        with pytest.raises(SystemExit) as e: main([*map(str, args)])
        out, err = capsys.readouterr()
        assert e.value.code == code, out + err
        return out, err
    return _call
