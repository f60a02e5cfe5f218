import {fromText, plus, toText} from './latent.js';
import {$, chooseCar, make, painter, remember, state} from './page.js';

const WORDS = {turn_sine: 'turn to the side', turn_cosine: 'turn front to back', length: 'longer', height: 'taller'};

function slider(group, name, reach, vector, changed) {
  const input = make('input', {type: 'range', min: -1, max: 1, step: 0.02, value: 0});
  input.addEventListener('input', changed);
  group.append(make('label', {className: 'slider'}, make('span', {textContent: name}), input));
  return {input, move: z => plus(z, vector, input.value*reach)};
}

export function shape(model) {
  const {examples, factors, directions} = model.meta, select = $('shape-car');
  let base = examples[0];
  chooseCar(select, model.meta);
  select.append(new Option('from elsewhere', 'other'));

  const sliders = [...factors.map(o => slider($('shape-factors'), WORDS[o.name] ?? o.name, o.high - o.low, o.vector, changed)),
                   ...directions.map(o => slider($('shape-directions'), o.name, 3, o.vector, changed))];
  $('shape-factors').hidden = !factors.length;

  const paint = painter(model, [$('shape-picture')], () => [sliders.reduce((z, o) => o.move(z), base)]);
  function changed() {
    remember('shape', {z: toText(base), s: sliders.map(o => +o.input.value).join('_')});
    return paint();
  }
  function set(values) { sliders.forEach((o, i) => { o.input.value = values[i] ?? 0; }); }

  select.addEventListener('change', () => {
    if (select.value !== 'other') base = examples[select.value];
    changed();
  });
  $('shape-reset').addEventListener('click', () => { set([]); changed(); });
  $('shape-share').addEventListener('click', async () => {
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    $('status').textContent = copied ? 'The link is copied: it brings back this car and these sliders.' : 'This browser does not let a page copy: take the link from its address bar.';
  });

  return {
    open() {
      const s = state(), z = fromText(s.get('z') ?? '', model.dim), i = z ? examples.findIndex(o => toText(o) === toText(z)) : 0;
      base = z ?? examples[0];
      select.value = i < 0 ? 'other' : i;
      set((s.get('s') ?? '').split('_').map(Number));
      return changed();
    },
  };
}
