// A plane of latents of two numbers: where the encoder puts cars, how wide, and what the decoder draws at each place.
import {gaussian} from '../latent.js';
import {make} from '../page.js';
import {button, dot, dragged, line, plot, readout, slider} from './figure.js';
import {frame, load} from './pictures.js';

const REACH = 3.2, ACROSS = 24, SMALL = 48; // as tools/figure_pictures.py has them

// The row and the column of the tile that shows a place.
export const tileOf = (x, y) => [-y, x].map(o => Math.max(0, Math.min(ACROSS - 1, Math.floor((o + REACH)/2/REACH*ACROSS))));

export function nearest(cars, x, y) {
  const far = cars.map(o => (o.x - x)**2 + (o.y - y)**2);
  return far.indexOf(Math.min(...far));
}

function ellipse(g, {x, y}, car, colour) {
  const around = Array.from({length: 61}, (_, i) => i*Math.PI/30);
  line(g, around.map(a => [x(car.x + 2*car.width*Math.cos(a)), y(car.y + 2*car.height*Math.sin(a))]), colour);
}

function circle(g, x, y, radius, colour) { ellipse(g, {x, y}, {x: 0, y: 0, width: radius/2, height: radius/2}, colour); }

export async function create() {
  const {tiles, measured: cars} = await load('plane'), says = readout();
  let at = [0.6, 0.8];
  const map = plot('The plane of two latent numbers, with a dot for each car and two circles for the prior', 1, [-REACH, REACH], [-REACH, REACH], paint);
  const [drawn, car] = ['drawn here', 'the nearest car'].map(name => {
    const {canvas, show} = frame(tiles, name, SMALL);
    return {node: make('div', {}, canvas, make('div', {textContent: name})), show};
  });

  function paint(g, x, y, {ink, quiet, blue, orange}) {
    for (const radius of [1, 2]) circle(g, x, y, radius, quiet);
    for (const o of cars) dot(g, x(o.x), y(o.y), 3, blue);
    ellipse(g, {x, y}, cars[nearest(cars, ...at)], orange);
    dot(g, x(at[0]), y(at[1]), 6, ink);
  }
  function move(...to) {
    at = to.map(o => Math.max(-REACH, Math.min(REACH, o)));
    sliders.forEach((o, k) => o.set(at[k].toFixed(2)));
    const i = nearest(cars, ...at), {x, y, width, height} = cars[i];
    drawn.show(...tileOf(...at));
    car.show(ACROSS + Math.floor(i/ACROSS), i % ACROSS);
    says.textContent = `The nearest car: mu (${x.toFixed(2)}, ${y.toFixed(2)}), sigma (${width.toFixed(2)}, ${height.toFixed(2)}).`;
    map.draw();
  }
  const place = {min: -REACH, max: REACH, step: 0.01, text: value => value.toFixed(2)};
  const sliders = [slider('first number', {...place, value: at[0]}, value => move(value, at[1])),
                   slider('second number', {...place, value: at[1]}, value => move(at[0], value))];
  dragged(map, move);
  move(...at);
  const draw = button('Draw from N(0, I)', () => move(gaussian(Math.random), gaussian(Math.random)));
  return [make('div', {className: 'two'}, drawn.node, car.node), map.canvas, says, ...sliders.map(o => o.node), draw];
}
