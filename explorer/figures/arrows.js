// The exact velocity from noise to a ring of six Gaussians, and points that follow it in so many steps.
import {gaussian, generator} from '../latent.js';
import {arrow, button, choice, dot, dragged, line, play, plot, readout, slider} from './figure.js';

const RADIUS = 1.5, SPREAD = 0.15, SIDE = 2.6;
const CENTRES = Array.from({length: 6}, (_, k) => [RADIUS*Math.cos(k*Math.PI/3), RADIUS*Math.sin(k*Math.PI/3)]);
const POINTS = 400, MOST_STEPS = 32, SECONDS = 3, FAR = 3; // spreads: a point further than that from all centres is lost
const ARROWS = Array.from({length: 11}, (_, i) => (i - 5)*0.45), ARROW = 0.12;

// The mean arrow at a place and a time: of each Gaussian, weighted by how likely the path leads there.
export function velocity([x, y], t) {
  const variance = (1 - t)**2 + (t*SPREAD)**2, pull = (t*SPREAD**2 - (1 - t))/variance;
  const away = CENTRES.map(([a, b]) => [x - t*a, y - t*b]), logs = away.map(([u, v]) => -(u*u + v*v)/variance/2);
  const most = Math.max(...logs), weights = logs.map(o => Math.exp(o - most)), all = weights.reduce((a, b) => a + b);
  return [0, 1].map(i => CENTRES.reduce((sum, centre, k) => sum + weights[k]/all*(centre[i] + pull*away[k][i]), 0));
}

const ahead = (z, v, dt) => z.map((o, i) => o + dt*v[i]);
const STEPPERS = {
  Euler: (z, t, dt) => ahead(z, velocity(z, t), dt),
  Heun(z, t, dt) {
    const v = velocity(z, t), after = velocity(ahead(z, v, dt), t + dt);
    return ahead(z, v.map((o, i) => (o + after[i])/2), dt);
  },
};

// The places of a point at the ends of so many steps, the noise first.
export function path(noise, steps, method) {
  const places = [noise];
  for (let i = 0; i < steps; i++) places.push(STEPPERS[method](places[i], i/steps, 1/steps));
  return places;
}

// Where on a path it is at time t: straight between two steps.
function at(places, t) {
  const along = t*(places.length - 1), i = Math.min(Math.floor(along), places.length - 2);
  return ahead(places[i], [0, 1].map(k => places[i + 1][k] - places[i][k]), along - i);
}

export const lost = ends => ends.filter(([x, y]) => CENTRES.every(([a, b]) => Math.hypot(x - a, y - b) > FAR*SPREAD)).length;

export function create() {
  let t = 0.5, steps = 4, method = 'Euler', seed = 1, noise, paths, film, own = [0.3, -0.9];
  const plane = plot('Arrows in the plane, points that follow them from noise to a ring of six clusters, and the path of one', 1, [-SIDE, SIDE], [-SIDE, SIDE], paint);
  const says = readout();

  function paint(g, x, y, {quiet, ink, blue, orange}) {
    const here = ([a, b]) => [x(a), y(b)];
    for (const centre of CENTRES) {
      g.beginPath();
      g.arc(...here(centre), x(FAR*SPREAD) - x(0), 0, 7);
      Object.assign(g, {strokeStyle: orange, lineWidth: 1});
      g.stroke();
    }
    for (const a of ARROWS) for (const b of ARROWS) {
      arrow(g, here([a, b]), here(ahead([a, b], velocity([a, b], t), ARROW)), quiet);
    }
    for (const o of paths) dot(g, ...here(at(o, t)), 2, blue);
    const mine = path(own, steps, method);
    line(g, mine.map(here), ink);
    dot(g, ...here(at(mine, t)), 6, ink);
  }
  function follow() {
    paths = noise.map(o => path(o, steps, method));
    says.textContent = `${(100*lost(paths.map(o => o.at(-1)))/POINTS).toFixed(0)} % of the points end outside all circles.`;
    plane.draw();
  }
  function renew() {
    const random = generator(seed);
    noise = Array.from({length: POINTS}, () => [gaussian(random), gaussian(random)]);
    follow();
  }
  function goTo(time) { t = time; when.set(t); plane.draw(); }

  const when = slider('time', {min: 0, max: 1, step: 0.01, value: t, text: value => value.toFixed(2)}, value => { film?.stop(); goTo(value); });
  const many = slider('steps', {min: 1, max: MOST_STEPS, step: 1, value: steps}, value => { steps = value; follow(); });
  const way = choice('method', Object.keys(STEPPERS), chosen => { method = chosen; follow(); });
  dragged(plane, (...place) => { own = place; plane.draw(); });
  renew();
  return [plane.canvas, says, when.node, many.node, way,
          button('Go', () => { film?.stop(); film = play(SECONDS, goTo); }), button('Other noise', () => { seed++; renew(); })];
}
