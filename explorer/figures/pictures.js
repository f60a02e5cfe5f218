// Figures that show tiles of one picture, which tools/figure_pictures.py makes: a row of cars for each setting.
import {make} from '../page.js';

const SIZE = 64, PADDING = 2, ACROSS = 4, STEP = SIZE + PADDING;

// The picture, and what was measured for each setting.
export async function load(name) {
  const address = ending => new URL(`${name}.${ending}`, import.meta.url), tiles = Object.assign(new Image(), {src: address('webp')});
  const [measured] = await Promise.all([fetch(address('json')).then(o => o.json()), tiles.decode()]);
  return {tiles, measured};
}

// A row of cars with its name; `show` takes the number of the row in the picture.
export function strip(tiles, name) {
  const canvas = make('canvas', {width: ACROSS*STEP - PADDING, height: SIZE, role: 'img', ariaLabel: `Four cars, ${name}`});
  const show = row => canvas.getContext('2d').drawImage(tiles, -PADDING, -PADDING - row*STEP);
  return {node: make('div', {className: 'strip'}, make('span', {textContent: name}), canvas), show};
}
