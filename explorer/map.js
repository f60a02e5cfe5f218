import {mix, toText} from './latent.js';
import {$, numberOr, painter, remember, state} from './page.js';

const STEP = 0.02;

export function map(model, go) {
  const plane = $('map-plane'), {points} = model.meta.map, at = {x: 0.5, y: 0.5};
  const ends = pick => [0, 1].map(k => pick(...points.map(o => o[k]))), low = ends(Math.min), high = ends(Math.max);
  const place = (x, y) => [low[0] + x*(high[0] - low[0]), low[1] + y*(high[1] - low[1])];
  const here = () => mix(model.meta.map, ...place(at.x, at.y));
  const paintCar = painter(model, [$('map-picture')], () => [here()]);

  function paintPlane() {
    const side = plane.width = plane.height = Math.round(plane.clientWidth*devicePixelRatio) || 600, g = plane.getContext('2d');
    const dot = (x, y, r, colour) => { g.beginPath(); g.arc(x*side, y*side, r*devicePixelRatio, 0, 7); g.fillStyle = colour; g.fill(); };
    const {color, textDecorationColor} = getComputedStyle(plane);
    for (const [x, y] of points) dot((x - low[0])/(high[0] - low[0]), (y - low[1])/(high[1] - low[1]), 3, color);
    dot(at.x, at.y, 8, textDecorationColor);
  }
  function move(x, y) {
    [at.x, at.y] = [x, y].map(o => Math.round(1000*Math.max(0, Math.min(1, o)))/1000); // as the address has it
    remember('map', at);
    paintPlane();
    return paintCar();
  }
  for (const type of ['pointermove', 'pointerdown']) plane.addEventListener(type, e => move(e.offsetX/plane.clientWidth, e.offsetY/plane.clientHeight));
  plane.addEventListener('keydown', e => {
    const by = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]}[e.key];
    if (by) { e.preventDefault(); move(at.x + by[0], at.y + by[1]); }
  });
  $('map-take').addEventListener('click', () => go('shape', {z: toText(here())}));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintPlane);
  addEventListener('resize', paintPlane);
  return {open() { const s = state(); return move(numberOr(s.get('x'), at.x), numberOr(s.get('y'), at.y)); }};
}
