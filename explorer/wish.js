// What is asked of a car, as the numbers that the sketch network takes: `wish` and `completed` of the package.
import {generator} from './latent.js';

const SIZES = ['length', 'height', 'wheel'], ALIKE = 10;

const around = degrees => [1, 2].flatMap(k => [Math.cos(k*degrees*Math.PI/180), Math.sin(k*degrees*Math.PI/180)]);

function encoded(name, value, {styles, measures}) {
  if (name === 'azimuth') return around(value);
  if (name === 'style') return styles.map(o => o === value ? 1 : -1);
  if (name === 'paint') return value.map(o => 4*o - 2);
  return [(value - measures.any[name].mean)/measures.any[name].std];
}

// A car of which all is said, as numbers near 1.
export const condition = (car, ask) => Float32Array.from(Object.keys(ask.widths).flatMap(o => encoded(o, car[o], ask)));

// How far a drawn car is from what was asked of its size.
const away = (car, asked, measures) => SIZES.filter(o => o in asked).reduce((sum, o) => sum + ((car[o] - asked[o])/measures.any[o].std)**2, 0);

// What was not asked for is that of a car that the renderer would draw; of one alike, where style or size were asked for.
export function completed(asked, seed, {drawn, measures}) {
  const names = Object.keys(drawn), cars = drawn.style.map((_, i) => Object.fromEntries(names.map(o => [o, drawn[o][i]])));
  const alike = cars.filter(o => !asked.style || o.style === asked.style).sort((a, b) => away(a, asked, measures) - away(b, asked, measures));
  const some = SIZES.some(o => o in asked) ? alike.slice(0, ALIKE) : alike;
  return {...some[Math.floor(generator(seed)()*some.length)], ...asked};
}

// From where to where a measure goes, of a style or of all.
export function bounds(name, style, {measures}) {
  const {min, max} = measures[style ?? 'any'][name];
  return [min, max];
}

// A wish without what was withdrawn, and without the measures that its style does not have.
export function possible(asked, ask) {
  const inside = (name, value) => {
    const [low, high] = bounds(name, asked.style, ask);
    return low <= value && value <= high;
  };
  const fits = ([name, value]) => value !== undefined && (!(name in ask.measures.any) || inside(name, value));
  return Object.fromEntries(Object.entries(asked).filter(fits));
}

export const toHex = rgb => '#' + rgb.map(o => Math.round(255*o).toString(16).padStart(2, '0')).join('');
export const fromHex = text => /^#[0-9a-f]{6}$/i.test(text) ? [1, 3, 5].map(i => parseInt(text.slice(i, i + 2), 16)/255) : null;

// A wish from the address; what is no wish is left out.
export function fromAddress(values, ask) {
  const asked = {}, paint = fromHex(values.get('paint') ?? '');
  if (ask.styles.includes(values.get('style'))) asked.style = values.get('style');
  if (paint) asked.paint = paint;
  for (const o of ['azimuth', ...Object.keys(ask.measures.any)]) if (values.get(o) && isFinite(values.get(o))) asked[o] = +values.get(o);
  return possible(asked, ask);
}

export const toAddress = asked => Object.fromEntries(Object.entries(asked).map(([k, v]) => [k, k === 'paint' ? toHex(v) : String(v)]));
