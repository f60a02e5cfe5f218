// What all parts of the page share.

export const $ = id => document.getElementById(id);

export function make(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export function show(canvas, image) {
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d').putImageData(image, 0, 0);
}

// A function that draws as often as it can and skips what has been overtaken; `ask` gives the latents of `canvases`, now or later.
export function painter(model, canvases, ask) {
  let busy = false, again = false;
  function setBusy(on) {
    busy = on;
    for (const o of canvases) o.ariaBusy = String(on);
  }
  return async function paint() {
    if (busy) { again = true; return; }
    setBusy(true);
    const start = performance.now();
    (await model.decode(await ask())).forEach((image, i) => show(canvases[i], image));
    tell(performance.now() - start, canvases.length);
    setBusy(false);
    if (again) { again = false; return paint(); }
  };
}

const latest = {};

export function tell(ms, n) {
  const times = latest[n] = [...(latest[n] ?? []), ms].slice(-15), median = times.toSorted((a, b) => a - b)[times.length >> 1];
  $('time').hidden = false;
  $('time').textContent = `Redraw: ${median.toFixed(0)} ms for ${n === 1 ? 'one picture' : `${n} pictures`}, the median of the last ${times.length}.`;
}

// The address holds the state of the part that is open; the others' states are kept here.
const states = {};
export const state = () => new URLSearchParams(location.hash.slice(1));
export const recall = part => states[part] ?? {};
export function remember(part, values) {
  states[part] = values;
  history.replaceState(null, '', '#' + new URLSearchParams({part, ...values}));
}

// Radio buttons in a fieldset; gives a function that shows what is chosen, if it is among them.
export function choices(id, values, word, changed) {
  const inputs = values.map(value => make('input', {type: 'radio', name: id, value}));
  $(id).append(...inputs.map(input => {
    const label = make('label', {className: 'choice'}, input, make('span', {textContent: word(input.value)}));
    if (input.value.startsWith('#')) label.style.setProperty('--paint', input.value);
    input.addEventListener('change', () => changed(input.value));
    return label;
  }));
  return value => { for (const o of inputs) o.checked = o.value === value; };
}

// A number from the address, or another one where it is none.
export const numberOr = (text, other) => text && isFinite(text) ? +text : other;

export function chooseCar(select, {examples, example_names}) { select.append(...examples.map((_, i) => new Option(example_names[i], i))); }
