import {lerp, slerp} from './latent.js';
import {$, chooseCar, painter, remember, state} from './page.js';

const SECONDS = 3;

export function blend(model) {
  const cars = model.meta.examples;
  const [a, b, t, path, play, loop] = ['a', 'b', 't', 'path', 'play', 'loop'].map(o => $(`blend-${o}`));
  const between = () => (path.value === 'slerp' ? slerp : lerp)(cars[a.value], cars[b.value], +t.value);
  const paintEnds = painter(model, [$('blend-a-picture'), $('blend-b-picture')], () => [cars[a.value], cars[b.value]]);
  const paintBlend = painter(model, [$('blend-picture')], () => [between()]);
  for (const o of [a, b]) chooseCar(o, model.meta);

  function paint() {
    $('blend-t-value').value = `${Math.round(100*t.value)} %`;
    const [from, to] = [a, b].map(o => o.selectedOptions[0].text);
    $('blend-picture').ariaLabel = `The blend, ${$('blend-t-value').value} of the way from car ${from} to car ${to}`;
    return paintBlend();
  }
  function changed() {
    remember('blend', {a: a.value, b: b.value, t: t.value, path: path.value, loop: +loop.checked});
    return paint();
  }
  for (const o of [a, b]) o.addEventListener('change', () => { paintEnds(); changed(); });
  for (const o of [t, path, loop]) o.addEventListener('input', changed);

  let frame = 0;
  function stop() {
    cancelAnimationFrame(frame);
    play.ariaPressed = 'false';
    play.textContent = 'Play';
    changed();
  }
  function start() {
    play.ariaPressed = 'true';
    play.textContent = 'Stop';
    const from = +t.value < 1 ? +t.value : 0, began = performance.now();
    const tick = async now => {
      const way = from + (now - began)/1000/SECONDS;
      if (way >= 1 && !loop.checked) { t.value = 1; return stop(); }
      t.value = Math.max(0, 1 - Math.abs(1 - way % 2));
      await paint();
      if (play.ariaPressed === 'true') frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
  }
  play.addEventListener('click', () => play.ariaPressed === 'true' ? stop() : start());

  return {
    open() {
      const s = state(), car = (k, other) => cars[s.get(k)] ? s.get(k) : Math.min(other, cars.length - 1);
      [a.value, b.value] = [car('a', 6), car('b', 14)];
      if (s.has('t')) t.value = s.get('t');
      loop.checked = s.get('loop') !== '0';
      path.value = s.get('path') === 'slerp' ? 'slerp' : 'lerp';
      paintEnds();
      return changed();
    },
    close() { if (play.ariaPressed === 'true') stop(); },
  };
}
