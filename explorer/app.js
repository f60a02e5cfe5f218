import {ask} from './ask.js';
import {blend} from './blend.js';
import {dream} from './dream.js';
import {map} from './map.js';
import {complete, partsOf, whatIsMissing} from './meta.js';
import {load} from './model.js';
import {$, recall, remember, state} from './page.js';
import {photo} from './photo.js';
import {shape} from './shape.js';

const ORDER = ['ask', 'blend', 'shape', 'dream', 'map', 'photo'];
const parts = {};
let current = null, sharp = null;

const shown = () => ORDER.filter(o => o in parts);
const say = text => { $('status').textContent = text; };

function open(name) {
  if (current && current !== name) parts[current].close?.();
  current = name;
  for (const o in parts) {
    const chosen = o === name, tab = $(`tab-${o}`);
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
    $(o).hidden = !chosen;
  }
  return parts[name].open();
}

function go(name, values = recall(name)) {
  history.pushState(null, '', location.hash); // the way back leads to the part that was open
  remember(name, values);
  $(`tab-${name}`).focus();
  return open(name);
}

function arrows(e) {
  const names = shown(), by = {ArrowRight: 1, ArrowLeft: -1}[e.key];
  if (by) go(names[(names.indexOf(current) + by + names.length) % names.length]);
}

// What this model has seen, and what it comes without.
function tellAbout({meta, ofDrawnCars}) {
  if (!ofDrawnCars) $('seen').textContent = `${meta.n_train.toLocaleString('en')} photos`;
  $('note').textContent = whatIsMissing(meta);
  $('note').hidden = !$('note').textContent;
}

function add(name, part) {
  parts[name] = part;
  $(`tab-${name}`).hidden = false;
  $(`tab-${name}`).addEventListener('click', () => go(name));
}

// The model whose latent is a small image; the page goes on without it.
async function addSharp() {
  try { sharp = await load('sharp', say); }
  catch { return; }
  add('ask', ask(sharp));
  parts.dream?.sharpCame();
}

// The model whose latent is a row of numbers.
async function addRow() {
  const model = await load('model', say, complete);
  tellAbout(model);
  const fits = partsOf(model.meta);
  for (const make of [blend, shape, dream, map, photo]) if (fits.includes(make.name)) add(make.name, make(model, go, () => sharp));
}

const wanted = () => Object.hasOwn(parts, state().get('part') ?? '') ? state().get('part') : shown()[0];

// What the address wants is loaded and drawn first.
async function start() {
  $('tabs').addEventListener('keydown', arrows);
  addEventListener('hashchange', () => open(wanted()));
  const ofRow = ORDER.indexOf(state().get('part')) > 0;
  for (const more of ofRow ? [addRow, addSharp] : [addSharp, addRow]) {
    await more();
    if (shown().length && current !== wanted()) await open(wanted());
    $('tabs').hidden = !shown().length;
  }
  say('Ready.');
}

start().catch(e => {
  $('status').className = 'problem';
  say(e.message);
});
