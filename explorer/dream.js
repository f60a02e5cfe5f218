import {draw, generator, toText} from './latent.js';
import {$, make, numberOr, painter, remember, state} from './page.js';

const CARS = 18;

export function dream(model, go) {
  let seed = 1, latents = [];
  const canvases = Array.from({length: CARS}, () => make('canvas', {}));
  $('dream-grid').append(...canvases.map((canvas, i) => {
    const button = make('button', {ariaLabel: `Take dream ${i + 1} to Shape`}, canvas);
    button.addEventListener('click', () => go('shape', {z: toText(latents[i])}));
    return button;
  }));
  const paint = painter(model, canvases, () => latents);
  function again() {
    const random = generator(seed);
    latents = canvases.map(() => draw(model.meta.density, model.dim, random));
    remember('dream', {seed});
    return paint();
  }
  $('dream-again').addEventListener('click', () => { seed = Math.floor(Math.random()*1e6); again(); });
  return {open() { seed = numberOr(state().get('seed'), seed); return again(); }};
}
