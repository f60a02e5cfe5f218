import {$, choices, make, numberOr, painter, remember, state} from './page.js';
import {bounds, completed, condition, fromAddress, fromHex, possible, toAddress, toHex} from './wish.js';

const PAINTS = {white: '#f2f2f2', silver: '#a9aeb3', black: '#1b1b1d', red: '#b5121b', orange: '#d9661f', yellow: '#e3b71d', green: '#1f7a3f', blue: '#1f55a5'};
const WORDS = {azimuth: 'turned', elevation: 'seen from above', length: 'length', height: 'height', wheel: 'wheels'};
const UNITS = {azimuth: '°', elevation: '°', length: ' m', height: ' m', wheel: ' m'};
const AROUND = 8; // seconds for a full turn
const STEP = 30; // degrees, where motion is not wanted

export function ask(model) {
  const {ask: known} = model.meta, channels = Array.from({length: model.shape[0]}, () => make('canvas', {}));
  let asked = {}, seed = 1, drawn = null, latent = null;
  $('ask-latent').append(...channels);

  const paint = painter(model, [$('ask-picture')], async () => [latent = await model.sketch(condition(drawn, known))]);

  const styles = choices('ask-style', ['', ...known.styles], o => o || 'any', o => change({style: o || undefined}));
  const paints = choices('ask-paint', ['', ...Object.values(PAINTS)], o => Object.keys(PAINTS).find(k => PAINTS[k] === o) ?? 'any', o => change({paint: fromHex(o) ?? undefined}));
  $('ask-colour').addEventListener('input', () => change({paint: fromHex($('ask-colour').value)}));
  const sliders = Object.fromEntries(Object.keys(WORDS).map(o => [o, slider(o, value => change({[o]: value}))]));

  function change(wish) {
    asked = possible({...asked, ...wish}, known);
    return redraw();
  }
  // The controls show the car that is drawn, and what is left open in it.
  function tell() {
    styles(asked.style ?? '');
    paints(asked.paint ? toHex(asked.paint) : '');
    $('ask-colour').value = toHex(drawn.paint);
    for (const o in sliders) sliders[o](drawn[o], asked[o] === undefined, o === 'azimuth' ? [0, 359] : bounds(o, drawn.style, known));
    const open = Object.keys(known.widths).filter(o => asked[o] === undefined);
    $('ask-open').textContent = open.length ? `Left to chance: ${open.map(o => WORDS[o] ?? o).join(', ')}.` : 'Nothing is left to chance.';
    $('ask-picture').ariaLabel = `A ${drawn.style}, paint ${toHex(drawn.paint)}, turned by ${Math.round(drawn.azimuth)} degrees`;
  }
  async function redraw() {
    remember('ask', {...toAddress(asked), seed});
    drawn = completed(asked, seed, known);
    tell();
    await paint();
    if (latent) channels.forEach((canvas, i) => showChannel(canvas, latent, i, model.shape));
  }

  const still = matchMedia('(prefers-reduced-motion: reduce)'), turn = $('ask-turn');
  const turned = by => (drawn.azimuth + by + 360) % 360;
  let last = 0;
  async function tick(now) {
    if (turn.ariaPressed !== 'true') return;
    await change({azimuth: Math.round(10*turned(360*Math.min(now - last, 200)/1000/AROUND))/10});
    last = now;
    requestAnimationFrame(tick);
  }
  function setTurning(on) {
    turn.ariaPressed = String(on);
    turn.textContent = on ? 'Stop' : 'Turn it';
    last = performance.now();
    if (on) requestAnimationFrame(tick);
  }
  turn.addEventListener('click', () => still.matches ? change({azimuth: Math.round(turned(STEP))}) : setTurning(turn.ariaPressed !== 'true'));
  $('ask-another').addEventListener('click', () => { seed = 1 + Math.floor(Math.random()*1e6); redraw(); });
  $('ask-reset').addEventListener('click', () => { asked = {}; redraw(); });

  return {
    open() {
      asked = fromAddress(state(), known);
      seed = Math.abs(Math.round(numberOr(state().get('seed'), seed)));
      return redraw();
    },
    close() { setTurning(false); },
  };
}

// A slider for one measure; gives a function that shows a value, whether it is left open, and the bounds.
function slider(name, changed) {
  const input = make('input', {type: 'range', id: `ask-${name}`}), output = make('output', {});
  input.addEventListener('input', () => changed(+input.value));
  $(['azimuth', 'elevation'].includes(name) ? 'ask-view' : 'ask-size').append(make('label', {className: 'slider'}, make('span', {textContent: WORDS[name]}), input, output));
  return (value, open, [low, high]) => {
    Object.assign(input, {min: low, max: high, step: UNITS[name] === '°' ? 1 : 0.01});
    input.value = value;
    output.value = `${value.toFixed(UNITS[name] === '°' ? 0 : 2)}${UNITS[name]}`;
    input.closest('label').classList.toggle('open', open);
  };
}

// One channel of a latent as a grey picture.
function showChannel(canvas, latent, i, [, height, width]) {
  const image = new ImageData(width, height), n = width*height;
  for (let p = 0; p < n; p++) image.data.set([...Array(3).fill(128 + 40*latent[i*n + p]), 255], 4*p);
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d').putImageData(image, 0, 0);
}
