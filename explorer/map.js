import {mix, toText} from './latent.js';
import {$, make, numberOr, painter, remember, show, state} from './page.js';

const STEP = 0.02;
const THUMB = 0.075; // side of a small picture, in parts of the plane
const TOGETHER = 4; // small pictures that are drawn at once; in between the pointer has its turn

// Which of some places are further apart than small pictures are wide, the first of neighbours.
export function apart(places, width) {
  const near = ([a, b], [x, y]) => Math.max(Math.abs(a - x), Math.abs(b - y)) < width;
  return places.reduce((kept, o, i) => kept.some(k => near(places[k], o)) ? kept : [...kept, i], []);
}

function asCanvas(image) {
  const canvas = make('canvas', {});
  show(canvas, image);
  return canvas;
}

export function map(model, go) {
  const plane = $('map-plane'), {points, latents} = model.meta.map, at = {x: 0.5, y: 0.5}, thumbs = new Map();
  let drawing;
  const ends = pick => [0, 1].map(k => pick(...points.map(o => o[k]))), low = ends(Math.min), high = ends(Math.max);
  const places = points.map(o => o.map((value, k) => (value - low[k])/(high[k] - low[k]))); // from 0 to 1
  const place = (x, y) => [low[0] + x*(high[0] - low[0]), low[1] + y*(high[1] - low[1])];
  const here = () => mix(model.meta.map, ...place(at.x, at.y));
  const paintCar = painter(model, [$('map-picture')], () => [here()]);

  function paintPlane() {
    const side = plane.width = plane.height = Math.round(plane.clientWidth*devicePixelRatio) || 600, g = plane.getContext('2d');
    const dot = (x, y, r, colour) => { g.beginPath(); g.arc(x*side, y*side, r*devicePixelRatio, 0, 7); g.fillStyle = colour; g.fill(); };
    const {color, textDecorationColor} = getComputedStyle(plane);
    for (const [x, y] of places) dot(x, y, 3, color);
    for (const [i, picture] of thumbs) g.drawImage(picture, ...places[i].map(o => (o - THUMB/2)*side), THUMB*side, THUMB*side);
    dot(at.x, at.y, 8, textDecorationColor);
  }
  async function drawThumbs() {
    for (let left = apart(places, THUMB); left.length; left = left.slice(TOGETHER)) {
      const some = left.slice(0, TOGETHER), pictures = await model.decode(some.map(i => latents[i]));
      some.forEach((i, k) => thumbs.set(i, asCanvas(pictures[k])));
      paintPlane();
      plane.dataset.pictures = thumbs.size;
    }
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
  return {
    async open() {
      const s = state();
      await move(numberOr(s.get('x'), at.x), numberOr(s.get('y'), at.y));
      drawing ??= drawThumbs();
    },
  };
}
