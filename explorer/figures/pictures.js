// Figures that show tiles of one picture, which tools/figure_pictures.py makes: a row of cars for each setting.
import {make} from '../page.js';

const SIZE = 64, PADDING = 2, ACROSS = 4;

// The picture, and what was measured for each setting.
export async function load(name) {
  const address = ending => new URL(`${name}.${ending}`, import.meta.url), tiles = Object.assign(new Image(), {src: address('webp')});
  const [measured] = await Promise.all([fetch(address('json')).then(o => o.json()), tiles.decode()]);
  return {tiles, measured};
}

// A canvas that shows some tiles side by side; `show` takes the row and the column of the first.
export function frame(tiles, label, size, across = 1) {
  const step = size + PADDING, canvas = make('canvas', {width: across*step - PADDING, height: size, role: 'img', ariaLabel: label});
  const show = (row, column = 0) => canvas.getContext('2d').drawImage(tiles, -PADDING - column*step, -PADDING - row*step);
  return {canvas, show};
}

// A row of cars with its name; `show` takes the number of the row in the picture.
export function strip(tiles, name) {
  const {canvas, show} = frame(tiles, `Four cars, ${name}`, SIZE, ACROSS);
  return {node: make('div', {className: 'strip'}, make('span', {textContent: name}), canvas), show};
}
