"""Measure the course on a GPU in one command of less than eight minutes: python records/gpu.py [PHOTOS] [--extra MORE]

It needs PyTorch, fastai and this package; without PHOTOS it trains on the embedded cars. First it checks that what it
is about to time is right. Every part has seconds of its own and is written into records/gpu_DATE.json when it is done,
so that a run that is cut off keeps what it has; reconstructions go into a picture of the same name. With
`--device cpu --tiny` it tries itself in under a minute."""
import json
import signal
import tempfile
import time
import warnings
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

warnings.filterwarnings('ignore', category=FutureWarning) # of what is imported below
import torch
from fastai.callback.core import Callback, CancelEpochException, CancelFitException
from measure import LATENT_DIM, SPLIT, hardware, versions

from car_vae.data import car_dls, image_grid
from car_vae.evaluate import evaluate
from car_vae.loss import VAELoss
from car_vae.model import at_rest, build_model, layer_table
from car_vae.run import Recipe
from car_vae.train import epoch_seconds, fit, vae_learner

folder = Path(__file__).resolve().parent
EMBEDDED = 'embedded:cars'
LIMIT = 450 # seconds, shared by all parts: what is left of them is what a part may take


@dataclass
class Bench:
    "What all parts share."
    photos: str
    device: torch.device
    tiny: bool = False
    extra: str|None = None

    def __post_init__(self):
        self.size, self.n = (32, 60) if self.tiny else (128, 543) # 70 % of 543 are 380
        self.start, self.done, self.pictures = time.time(), {}, {}
    def left(self): return LIMIT - (time.time() - self.start)
    def seconds(self, s): return 0.5 if self.tiny else max(1., min(s, self.left()))
    def recipe(self, name, **kwargs):
        return getattr(Recipe, name)(size=self.size, latent_dim=8 if self.tiny else LATENT_DIM, **kwargs)
    def network(self, recipe): return build_model(recipe.arch, recipe.size, **recipe.options).to(self.device)
    def dls(self, recipe, extra=None):
        n = self.n if self.photos == EMBEDDED else None
        return car_dls(self.photos, recipe.size, recipe.bs, recipe.valid_pct, SPLIT, recipe.flip, self.device,
                       recipe.jitter, extra, recipe.repeat, n=n)
    def learner(self, recipe, extra=None): return vae_learner(self.dls(recipe, extra), recipe)
    def keep(self, name, learn):
        "Ten held-out photos, and what a model makes of them, for the picture."
        x = next(iter(learn.dls.valid))[0][:10]
        self.pictures |= {'held out': x, name: learn.model.reconstruct(x)}
    def wait(self):
        if self.device.type == 'cuda': torch.cuda.synchronize()
    def autocast(self, on=True): return torch.autocast(self.device.type, torch.bfloat16, enabled=on)


class Stop(Callback):
    "End a training after so many seconds, without validation; keep the time at the end of each epoch."
    def __init__(self, b, seconds): self.b, self.seconds, self.ends, self.losses = b, seconds, [], []
    def before_fit(self): self.start = time.time()
    def after_batch(self): self.losses.append(self.learn.loss.detach())
    def after_train(self):
        self.b.wait()
        self.ends.append(time.time() - self.start)
        if self.ends[-1] > self.seconds: raise CancelFitException
        raise CancelEpochException


def train(b, learn, epochs, seconds):
    "Train for so many epochs or seconds, whichever is over first."
    stop = Stop(b, seconds)
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs, cbs=stop)
    return stop


def seconds_each(b, f, seconds, warmup=3):
    "How long `f` takes: repeated for some seconds, a few at a time between two looks at the clock."
    for _ in range(warmup): f()
    b.wait()
    n, start = 0, time.time()
    while time.time() - start < seconds:
        for _ in range(5): f()
        b.wait()
        n += 5
    return (time.time() - start)/n


# The parts

def checks(b):
    "Is it right? Where a check fails, nothing else in the record counts."
    recipe = b.recipe('fast', epochs=3 if b.tiny else 30)
    learn = b.learner(recipe)
    with tempfile.TemporaryDirectory() as tmp:
        run = fit(learn, recipe, Path(tmp)/'run', quiet=True)
        on_cpu = run.model()
    x, model = next(iter(learn.dls.valid))[0][:8], learn.model
    full = model.reconstruct(x)
    with b.autocast(), at_rest(model): half = model(x)[0].float()
    found = dict(bf16=(half - full).abs().mean().item(), repeat=(model.reconstruct(x) - full).abs().max().item(),
                 cpu=(on_cpu.reconstruct(x.cpu()) - full.cpu()).abs().max().item())
    # images in [-1, 1]; a GPU rounds the inputs of a convolution to 10 bits (TF32)
    bounds = dict(bf16=0.03, repeat=1e-3, cpu=0.05)
    falls = {name: loss_falls(b, name) for name in ('fast', 'classic')}
    ok = all(found[k] <= bounds[k] for k in bounds) and all(o['ok'] for o in falls.values())
    return dict(ok=ok, found=found, bounds=bounds, loss=falls)


def loss_falls(b, name):
    "The mean of the last losses against the first."
    learn = b.learner(b.recipe(name, kl_warmup=0.))
    losses = torch.stack(train(b, learn, 6 if b.tiny else 20, 20.).losses).float().cpu()
    k = max(1, len(losses)//5)
    first, last = losses[:k].mean().item(), losses[-k:].mean().item()
    return dict(ok=last < first, first=first, last=last)


def peaks(b):
    "What this card reaches: a large bfloat16 matrix product (float32 on a CPU) and a large copy."
    n, m, dtype = (256, 2**20, torch.float32) if b.tiny else (8192, 2**29, torch.bfloat16)
    a = torch.randn(n, n, device=b.device, dtype=dtype)
    x, y = (torch.empty(m, device=b.device, dtype=torch.float32) for _ in range(2))
    product = seconds_each(b, lambda: a @ a, b.seconds(4))
    copy = seconds_each(b, lambda: y.copy_(x), b.seconds(4))
    return dict(matmul=n, copied_bytes=4*m, tflops=2*n**3/product/1e12, gb_per_second=2*4*m/copy/1e9)


def floor(b):
    "The least time for an epoch of the classic recipe: its operations and bytes against the measured peaks."
    recipe = b.recipe('classic')
    dls, t = b.dls(recipe), layer_table(b.network(recipe))
    steps, macs, parameters = len(dls.train), int(t.macs.sum()), int(t.parameters.sum())
    images = steps*dls.train.bs
    flops = 2*3*macs*images # two per multiply-add, padding counted; forward, and backward to the inputs and the weights
    values = int(t.output.map(lambda o: torch.Size(o).numel()).sum())
    # bf16 outputs written, read twice, their gradients written and read; weights, gradients, Adam's means in float32
    moved, peak = 2*5*values*images + 36*parameters*steps, b.done['peaks']
    by = dict(operations=flops/peak['tflops']/1e12, bytes=moved/peak['gb_per_second']/1e9)
    return dict(macs_per_image=macs, flops_per_epoch=flops, bytes_per_epoch=moved, seconds_by=by,
                seconds_per_epoch=max(by.values()), seconds=recipe.epochs*max(by.values()))


def classic(b):
    "The first course's training, all of it or what the time allows."
    recipe = b.recipe('classic')
    learn = b.learner(recipe)
    ends = train(b, learn, recipe.epochs, b.seconds(150)).ends
    first = min(5, (len(ends) - 1)//2) # these choose kernels
    each = (ends[-1] - ends[first])/max(1, len(ends) - 1 - first) if len(ends) > 1 else ends[0]
    dl, complete = learn.dls.train, len(ends) == recipe.epochs
    whole = ends[-1] if complete else ends[first] + each*(recipe.epochs - 1 - first)
    return dict(n_train=len(learn.dls.train_ds), bs=dl.bs, epochs=len(ends), seconds=ends[-1], seconds_per_epoch=each,
                complete=complete, seconds_all=whole, images_per_second=len(dl)*dl.bs/each, **score(learn),
                times_floor=each/b.done['floor']['seconds_per_epoch'])


def curves(b):
    "The same once more as `fit` runs it, with the held-out photos after each epoch; every twentieth epoch is kept."
    if not (b.tiny or affordable(b)): return dict(left_out='the whole training takes too long here')
    recipe = b.recipe('classic', epochs=3) if b.tiny else b.recipe('classic')
    learn, start = b.learner(recipe), time.time()
    with tempfile.TemporaryDirectory() as tmp: h = fit(learn, recipe, Path(tmp)/'run', quiet=True).history
    seconds = time.time() - start
    b.keep('classic', learn)
    kept = h[h.epoch.isin([1, len(h)]) | (h.epoch % 20 == 0)]
    history = kept[['epoch', 'train_loss', 'valid_loss', 'valid_rate']].round(1).to_dict('list')
    return dict(seconds=seconds, **score(learn), history=history)


def affordable(b):
    "Whether the whole training was there in time, and fits into a third of what is left once more, with validation."
    done = b.done['classic']
    return done.get('complete') and 1.5*done['seconds'] <= b.left()/3


def score(learn):
    o = evaluate(learn, fd=False)
    return {k: o[k] for k in ('n', 'psnr', 'ssim', 'pca_psnr') if k in o}


def one_step(b, recipe, bs, channels_last=False, fused=False, compiled=False):
    "A training step on a batch that is there already, as a function."
    model, loss = b.network(recipe), VAELoss(recipe.likelihood).to(b.device)
    x = torch.rand(bs, 3, recipe.size, recipe.size, device=b.device)*2 - 1
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    opt = (torch.optim.AdamW if recipe.wd else torch.optim.Adam)(model.parameters(), lr=recipe.lr, fused=fused)
    forward = torch.compile(model) if compiled else model
    def step():
        with b.autocast(b.device.type == 'cuda'): cost = loss(forward(x), x)
        cost.backward(); opt.step(); opt.zero_grad()
    return step


WAYS = {'eager': {}, 'channels_last': dict(channels_last=True),
        'channels_last, fused': dict(channels_last=True, fused=True)}
COMPILED = {'channels_last, fused, compiled': dict(channels_last=True, fused=True, compiled=True)}


def throughput(b, ways=WAYS):
    "Training images per second of the bare step, in every way of running it; one that fails says so."
    def sizes(recipe): return [4] if b.tiny else sorted({recipe.bs, 128, 512})
    steps = [(recipe, bs) for recipe in map(b.recipe, ('fast', 'classic')) for bs in sizes(recipe)]
    return dict(rows=[dict(recipe=recipe.name, bs=bs, way=way, **images_per_second(b, kwargs, recipe, bs))
                      for way, kwargs in ways.items() for recipe, bs in steps])


def compiled(b):
    "The same with `torch.compile`, whose first step may take minutes: last of all, and not in a trial."
    return throughput(b, {} if b.tiny else COMPILED)


def images_per_second(b, kwargs, recipe, bs):
    if b.left() < 20: return dict(images_per_second=None, why='no time left')
    try:
        step = one_step(b, recipe, bs, **kwargs)
        return dict(images_per_second=bs/seconds_each(b, step, b.seconds(1), 1 if b.tiny else 5))
    except Exception as e: return dict(images_per_second=None, why=f'{type(e).__name__}: {e}'.splitlines()[0])


def pipeline(b):
    "How much of a training step is spent on making the batch."
    result = {}
    for name in 'fast', 'classic':
        learn = b.learner(b.recipe(name))
        step, dl = epoch_seconds(learn, b.seconds(5), valid=False)/len(learn.dls.train), learn.dls.train
        batches = iter(o for _ in range(10**6) for o in dl)
        batch = seconds_each(b, lambda: next(batches), b.seconds(3))
        result[name] = dict(bs=dl.bs, batch_ms=1e3*batch, step_ms=1e3*step, share=batch/step,
                            images_per_second=dl.bs/step)
    return result


def fast(b):
    "What the fast recipe reaches in one minute."
    return spend(b, 'fast', 60)


def more(b):
    "What it reaches in a minute and a half, with more photos beside them."
    return spend(b, 'fast, more photos', 90, b.extra) if b.extra else dict(left_out='no --extra')


def spend(b, name, seconds, extra=None):
    "Train the fast recipe for so many seconds, and measure it."
    recipe, seconds = b.recipe('fast'), b.seconds(seconds)
    each = epoch_seconds(b.learner(recipe, extra), b.seconds(4), valid=False)
    recipe = replace(recipe, epochs=max(1, round(seconds/each)))
    learn = b.learner(recipe, extra)
    stop = train(b, learn, recipe.epochs, 1.5*seconds)
    b.keep(name, learn)
    return dict(epochs=len(stop.ends), planned=recipe.epochs, seconds=stop.ends[-1],
                n_train=len(learn.dls.train_ds), **score(learn))


PARTS = dict(checks=checks, peaks=peaks, floor=floor, classic=classic, curves=curves, fast=fast, more=more,
             pipeline=pipeline, throughput=throughput, compiled=compiled)


def header(b):
    "Where and with what; a record from a CPU says that it is none of a GPU."
    about = card(b.device)
    photos = 'embedded cars' if b.photos == EMBEDDED else Path(b.photos).name
    extra = Path(b.extra).name if b.extra else None
    return dict(date=date.today().isoformat(), **about, tiny=b.tiny, photos=photos, extra=extra,
                hardware=hardware() | dict(gpu=about['gpu']), versions=versions() | dict(cuda=torch.version.cuda))


def card(device):
    "What the GPU is called and holds; a note where there is none."
    if device.type != 'cuda': return dict(gpu=None, note='has not run on a GPU')
    memory = torch.cuda.get_device_properties(device).total_memory
    return dict(gpu=torch.cuda.get_device_name(device), memory_gib=round(memory/2**30))


def too_long(*_): raise TimeoutError('no time left')


def tried(b, part):
    "What a part found, or what stopped it; none goes on for long after the limit."
    if b.left() <= 0: return dict(left_out='no time left')
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(b.left()) + 20)
    try: return part(b)
    except Exception as e: return dict(error=f'{type(e).__name__}: {e}')
    finally: signal.alarm(0)


def picture(b):
    "The photos that were kept, a row for each model."
    return image_grid(torch.cat([o.float() for o in b.pictures.values()]), 10)


def measure(b, out):
    "All parts in their order; written down after each of them."
    record = header(b)
    for name, part in PARTS.items():
        began = time.time()
        b.done[name] = record[name] = tried(b, part)
        record[name]['part_seconds'] = round(time.time() - began, 1)
        record |= dict(ok=record['checks'].get('ok', False), seconds=round(time.time() - b.start, 1),
                       picture=list(b.pictures))
        out.write_text(json.dumps(record, indent=1))
        print(name, json.dumps({k: o for k, o in record[name].items() if k != 'history'}), flush=True)
        if b.pictures: picture(b).save(out.with_suffix('.jpg'), quality=90)
    return record


def arguments(about, kind):
    "The command line of a measurement on a GPU; it ends with a message where there is none."
    parser = ArgumentParser(description=about)
    parser.add_argument('photos', nargs='?', default=EMBEDDED, help='a folder of photos; the embedded cars if left out')
    parser.add_argument('--extra', help='a folder of more photos, to train on only')
    parser.add_argument('--device', default='cuda', help='cuda, or cpu together with --tiny')
    parser.add_argument('--tiny', action='store_true', help='small images and few of them: a trial of this script')
    parser.add_argument('--out', type=Path, default=folder / f'{kind}_{date.today()}.json', help='the record')
    args = parser.parse_args()
    if args.device.startswith('cuda') and not torch.cuda.is_available():
        parser.error('there is no GPU here: try --device cpu --tiny')
    if args.device == 'cpu' and not args.tiny: parser.error('a CPU takes hours for this: add --tiny')
    return args


def main():
    args = arguments(__doc__, 'gpu')
    record = measure(Bench(args.photos, torch.device(args.device), args.tiny, args.extra), args.out)
    if not record['ok']: raise SystemExit('A check failed: do not believe the times.')
    if [o for o in PARTS if 'error' in record[o]]: raise SystemExit('Not every part ran: see the record.')


if __name__ == '__main__': main()
