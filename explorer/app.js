import {blend} from './blend.js';
import {dream} from './dream.js';
import {map} from './map.js';
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

async function start() {
  const model = await load('model', text => { $('status').textContent = text; });
  for (const make of [blend, shape, dream, map, photo]) parts[make.name] = make(model, go);
  for (const name in parts) $(`tab-${name}`).addEventListener('click', () => go(name));
  $('tabs').addEventListener('keydown', arrows);
  $('tabs').hidden = false;
  addEventListener('hashchange', () => open(state().get('part') in parts ? state().get('part') : 'blend'));
  await open(state().get('part') in parts ? state().get('part') : 'blend');
  $('status').textContent = 'Ready.';
}

start().catch(e => {
  $('status').className = 'problem';
  $('status').textContent = e.message;
});
