import {blend} from './blend.js';
import {dream} from './dream.js';
import {map} from './map.js';
import {partsOf, whatIsMissing} from './meta.js';
import {load} from './model.js';
import {$, recall, remember, state} from './page.js';
import {photo} from './photo.js';
import {shape} from './shape.js';

const parts = {};
let current = null;

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
  remember(name, values);
  $(`tab-${name}`).focus();
  return open(name);
}

function arrows(e) {
  const names = Object.keys(parts), by = {ArrowRight: 1, ArrowLeft: -1}[e.key];
  if (by) go(names[(names.indexOf(current) + by + names.length) % names.length]);
}

// What this model has seen, and what it comes without.
function tellAbout({meta, ofDrawnCars}) {
  if (!ofDrawnCars) $('seen').textContent = `${meta.n_train.toLocaleString('en')} photos`;
  $('note').textContent = whatIsMissing(meta);
  $('note').hidden = !$('note').textContent;
}

async function start() {
  const model = await load('model', text => { $('status').textContent = text; });
  tellAbout(model);
  const shown = partsOf(model.meta);
  for (const make of [blend, shape, dream, map, photo]) {
    $(`tab-${make.name}`).hidden = !shown.includes(make.name);
    if (shown.includes(make.name)) parts[make.name] = make(model, go);
  }
  for (const name in parts) $(`tab-${name}`).addEventListener('click', () => go(name));
  $('tabs').addEventListener('keydown', arrows);
  $('tabs').hidden = false;
  const wanted = () => state().get('part') in parts ? state().get('part') : Object.keys(parts)[0];
  addEventListener('hashchange', () => open(wanted()));
  await open(wanted());
  $('status').textContent = 'Ready.';
}

start().catch(e => {
  $('status').className = 'problem';
  $('status').textContent = e.message;
});
