import {draw, generator, toText} from './latent.js';
import {$, choices, make, numberOr, painter, remember, show, state, tell} from './page.js';
import {completed, condition, fromHex, toAddress, toHex} from './wish.js';

const CARS = 18;
const WAYS = {sketch: 'Chance picks what a car is; the sketch network draws it', density: 'Chance picks a point among the known cars; the small decoder draws it'};

// A side and a paint by chance; the rest is that of a car that the renderer would draw.
function wished(seed, {drawn: {paint}}) {
  const random = generator(seed);
  return {azimuth: Math.floor(360*random()), paint: fromHex(toHex(paint[Math.floor(random()*paint.length)]))};
}

export function dream(model, go, sharp) {
  let seed = 1, by = 'sketch', latents = [], turn = Promise.resolve();
  const way = () => sharp() ? by : 'density'; // until the sketch network has come
  const canvases = Array.from({length: CARS}, () => make('canvas', {}));
  $('dream-grid').append(...canvases.map((canvas, i) => {
    const button = make('button', {}, canvas);
    button.addEventListener('click', () => way() === 'sketch' ? go('ask', {...toAddress(wished(seedOf(i), sharp().meta.ask)), seed: seedOf(i)}) : go('shape', {z: toText(latents[i])}));
    return button;
  }));
  const choose = choices('dream-by', Object.keys(WAYS), o => WAYS[o], o => { by = o; again(); });
  const seedOf = i => seed*CARS + i, paint = painter(model, canvases, () => latents);

  function fromDensity() {
    const random = generator(seed);
    latents = canvases.map(() => draw(model.meta.density, model.dim, random));
    return paint();
  }
  // One after the other, since each takes a while; what has been overtaken is left as it is.
  async function fromSketch() {
    const address = location.hash, {ask} = sharp().meta;
    for (const o of canvases) o.ariaBusy = 'true';
    for (const [i, canvas] of canvases.entries()) {
      const start = performance.now();
      if (address === location.hash) {
        show(canvas, await sharp().sketched(condition(completed(wished(seedOf(i), ask), seedOf(i), ask), ask)));
        tell(performance.now() - start, 1);
      }
      canvas.ariaBusy = 'false';
    }
  }
  function again() {
    $('dream-by').hidden = !sharp();
    choose(way());
    $('dream-grid').querySelectorAll('button').forEach((o, i) => { o.ariaLabel = `Take dream ${i + 1} to ${way() === 'sketch' ? 'Ask' : 'Shape'}`; });
    remember('dream', {by, seed});
    return turn = turn.then(way() === 'sketch' ? fromSketch : fromDensity);
  }
  $('dream-again').addEventListener('click', () => { seed = Math.floor(Math.random()*1e6); again(); });
  return {
    open() {
      seed = Math.abs(Math.round(numberOr(state().get('seed'), seed)));
      by = Object.hasOwn(WAYS, state().get('by') ?? '') ? state().get('by') : by;
      return again();
    },
    sharpCame() { if (!$('dream').hidden) again(); },
  };
}
