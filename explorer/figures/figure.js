// What the moving figures of the lessons share.
import {make} from '../page.js';

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const dark = () => document.documentElement.classList.contains('quarto-dark');

// Colours that can be told apart by everybody (Okabe and Ito), a little lighter on a dark ground.
export const colours = () => dark() ? {ink: '#e8e6e1', quiet: '#8d97a2', blue: '#6cc3ea', orange: '#f0b83c'} :
                                      {ink: '#1d2126', quiet: '#8a9097', blue: '#0072b2', orange: '#c87f00'};

const HIGHEST = 27; // rem

// A canvas with its own coordinates; `paint(g, x, y, colours)` is called again when its size or the theme changes.
export function plot(label, aspect, [left, right], [bottom, top], paint) {
  const canvas = make('canvas', {className: 'plot', role: 'img', ariaLabel: label});
  Object.assign(canvas.style, {aspectRatio: aspect, maxWidth: `${HIGHEST*aspect}rem`});
  function draw() {
    const {clientWidth: width, clientHeight: height} = canvas, g = canvas.getContext('2d');
    [canvas.width, canvas.height] = [width*devicePixelRatio, height*devicePixelRatio];
    g.scale(devicePixelRatio, devicePixelRatio);
    paint(g, x => width*(x - left)/(right - left), y => height*(top - y)/(top - bottom), colours());
  }
  new ResizeObserver(draw).observe(canvas);
  new MutationObserver(draw).observe(document.documentElement, {attributeFilter: ['class']});
  const at = e => [left + (right - left)*e.offsetX/canvas.clientWidth, top - (top - bottom)*e.offsetY/canvas.clientHeight];
  return {canvas, draw, at};
}

// Call a function with where the pointer is, from when it is pressed until it is let go.
export function dragged({canvas, at}, moved) {
  canvas.classList.add('draggable');
  canvas.addEventListener('pointerdown', e => { canvas.setPointerCapture(e.pointerId); moved(...at(e)); });
  canvas.addEventListener('pointermove', e => { if (canvas.hasPointerCapture(e.pointerId)) moved(...at(e)); });
}

export function line(g, points, colour, width = 2) {
  g.beginPath();
  for (const [x, y] of points) g.lineTo(x, y);
  Object.assign(g, {strokeStyle: colour, lineWidth: width});
  g.stroke();
}

const HEAD = 4, OPEN = 2.6; // of an arrow: pixels, radians from its direction

export function arrow(g, [x0, y0], [x1, y1], colour) {
  const angle = Math.atan2(y1 - y0, x1 - x0), wing = by => [x1 + HEAD*Math.cos(angle + by), y1 + HEAD*Math.sin(angle + by)];
  line(g, [[x0, y0], [x1, y1]], colour, 1);
  line(g, [wing(OPEN), [x1, y1], wing(-OPEN)], colour, 1);
}

export function dot(g, x, y, radius, colour) {
  g.beginPath();
  g.arc(x, y, radius, 0, 7);
  g.fillStyle = colour;
  g.fill();
}

// A slider with its name and its value; `set` moves it without a call of `changed`.
export function slider(name, {min, max, step, value, text = String}, changed) {
  const input = make('input', {type: 'range', min, max, step}), output = make('output', {});
  const node = make('label', {className: 'slider'}, make('span', {textContent: name}), input, output);
  const set = value => { input.value = value; output.value = input.ariaValueText = text(+value); };
  input.addEventListener('input', () => { set(input.value); changed(+input.value); });
  set(value);
  return {node, set};
}

// A slider over the settings of a figure, each with a text; `changed` gets the number of one, at first that of `at`.
export function setting(name, texts, at, changed) {
  const {node} = slider(name, {min: 0, max: texts.length - 1, step: 1, value: at, text: i => texts[i]}, changed);
  changed(at);
  return node;
}

// Radio buttons; `changed` gets the name that is chosen.
export function choice(legend, names, changed) {
  const group = `choice-${legend.replaceAll(' ', '-')}`;
  const labels = names.map((name, i) => {
    const input = make('input', {type: 'radio', name: group, checked: i === 0});
    input.addEventListener('change', () => changed(name));
    return make('label', {}, input, ` ${name}`);
  });
  return make('fieldset', {className: 'choice'}, make('legend', {textContent: legend}), ...labels);
}

export function button(text, pressed) {
  const node = make('button', {type: 'button', textContent: text});
  node.addEventListener('click', pressed);
  return node;
}

// Numbers and words that a screen reader hears when they change.
export const readout = () => make('p', {className: 'readout', role: 'status'});

// Go from 0 to 1 in so many seconds, a step with each frame, at once where motion is not wanted; `stop` ends it.
export function play(seconds, step) {
  let going = true, first;
  function tick(now) {
    if (!going) return;
    first ??= now;
    const done = still() ? 1 : Math.min(1, (now - first)/1000/seconds);
    step(done);
    if (done < 1) requestAnimationFrame(tick);
  }
  requestAnimationFrame(tick);
  return {stop() { going = false; }};
}
