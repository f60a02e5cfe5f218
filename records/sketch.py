"""Whether sketches come as they are asked for, by how many cars they learned from: python records/sketch.py RUN

RUN is a finished run of embedded cars, such as `car_vae train cars --recipe sharp` makes. In copies of it sketches
learn for as many steps each, with more and more cars drawn on top, three seeds each. Then they are asked for the
factors of held-out cars, and for cars of which nothing is asked. The results go into records/sketch_DATE.json after
every training, so that an interrupted measurement goes on where it was. With `--tiny` it tries itself in a minute."""
import tempfile
import warnings

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import numpy as np
import torch
from trials import SEEDS, keep, opened, with_run

from car_vae.ask import conditions, factors_of, fit_reader, obedience, read_factors, visible
from car_vae.data import scale
from car_vae.evaluate import nearest_distances
from car_vae.features import lite0_features
from car_vae.latent import sample
from car_vae.metrics import frechet_distance, psnr
from car_vae.model import decode_images
from car_vae.sketch import fit_sketch

FULL = dict(n=600, steps=2000, reader_steps=1500, more=[6000, 0])
TINY = dict(n=8, steps=3, reader_steps=2, more=[0])


class Judge:
    "What pictures are compared with: held-out cars, a reader of factors, and the training cars."
    def __init__(self, run, n, reader_steps):
        images, unseen = (np.asarray(o) for o in run.split())
        self.x, self.factors = scale(torch.from_numpy(unseen[:n])), factors_of(run, unseen[:n])
        self.known = scale(torch.from_numpy(images))
        self.reader = fit_reader(images, factors_of(run, images), reader_steps)
        self.features = lite0_features(self.x)
        self.unseen_away = nearest_distances(self.x, self.known).median().item()

    def asked(self, made):
        "How far pictures of the held-out cars' factors obey, and how near they are to the cars themselves."
        found = obedience(read_factors(self.reader, made), visible(self.factors))
        return {k: float(v) for k, v in found.items()} | dict(psnr=psnr(made, self.x).mean().item())

    def drawn(self, made):
        "How far pictures of any cars are from the held-out ones as a set, and from copies."
        away = nearest_distances(made, self.known).median().item()/self.unseen_away
        return dict(fd_lite0=float(frechet_distance(lite0_features(made), self.features)), nearest=away)


def measured(run, judge, steps, more, seed):
    "One sketch: what it reaches."
    with tempfile.TemporaryDirectory() as tmp:
        copy = run.copied(f'{tmp}/run')
        prior = fit_sketch(copy, steps=steps, more=more, seed=seed)
        made = decode_images(copy.model(), prior.sketch(conditions(judge.factors)))
        return judge.asked(made) | judge.drawn(sample(copy, len(judge.x), seed=1))


def fill(out, run, settings):
    "Measure what the record lacks; it is written after every training."
    judge, record = Judge(run, settings['n'], settings['reader_steps']), opened(out, 'sketch', settings)
    whole = run.model().reconstruct(judge.x)
    record['ceilings'] = dict(rendered=judge.asked(judge.x) | judge.drawn(judge.x) | dict(psnr=None), # it is infinite
                              reconstructed=judge.asked(whole) | judge.drawn(whole))
    done = {(o['more'], o['seed']) for o in record['rows']}
    for more, seed in ((m, s) for m in settings['more'] for s in SEEDS if (m, s) not in done):
        row = dict(more=more, seed=seed, **measured(run, judge, settings['steps'], more, seed))
        keep(out, record, row, f"{more:,} cars on top, seed {seed}: {row['psnr']:.2f} dB, "
                               f"style right in {row['style right']:.0%}")


def main(): with_run(__doc__, 'sketch', fill, FULL, TINY)


if __name__ == '__main__': main()
