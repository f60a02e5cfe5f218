// Two directions of the KL divergence, between a target p and a Gaussian q that the reader moves.
import {button, choice, dot, dragged, line, play, plot, readout, slider} from './figure.js';

const TARGETS = {'two humps': [[0.65, -2, 0.7], [0.35, 2, 0.7]], 'one Gaussian': [[1, 0, 1]]}; // weight, centre, width
const WIDTHS = [0.6, 4], REACH = 6, HIGHEST = 0.7;
const PLACES = Array.from({length: 1001}, (_, i) => (i - 500)/50), STEP = 1/50; // from -10 to 10
const RATE = 0.1, STEPS = 300, SECONDS = 4; // of the descent

const bell = (z, mu, sigma) => Math.exp(-(((z - mu)/sigma)**2)/2)/sigma/Math.sqrt(2*Math.PI);
const density = (target, z) => target.reduce((sum, [weight, mu, sigma]) => sum + weight*bell(z, mu, sigma), 0);
const sum = f => PLACES.reduce((total, z) => total + f(z), 0)*STEP;
const clip = (x, low, high) => Math.max(low, Math.min(high, x));

// Both divergences in nats, and how each changes with mu and with log sigma.
export function divergences(name, mu, sigma) {
  const target = TARGETS[name], tiny = 1e-300, n = z => (z - mu)/sigma;
  const p = z => density(target, z), q = z => bell(z, mu, sigma), ratio = z => Math.log((q(z) + tiny)/(p(z) + tiny));
  return {
    forward: {kl: sum(z => -p(z)*ratio(z)), slopes: [sum(z => -p(z)*n(z)/sigma), sum(z => p(z)*(1 - n(z)**2))]},
    reverse: {kl: sum(z => q(z)*ratio(z)), slopes: [sum(z => q(z)*ratio(z)*n(z)/sigma), sum(z => q(z)*ratio(z)*(n(z)**2 - 1))]},
  };
}

// Where so many steps of gradient descent lead.
export function descended(name, direction, mu, sigma, steps) {
  for (let i = 0; i < steps; i++) {
    const [by_mu, by_log_sigma] = divergences(name, mu, sigma)[direction].slopes;
    mu -= RATE*by_mu;
    sigma *= Math.exp(-RATE*by_log_sigma);
  }
  return [mu, sigma];
}

export function create() {
  let name = 'two humps', mu = -0.5, sigma = 1.5, descent;
  const curves = plot('The target p in grey, and a Gaussian q with a dot at its peak', 2.5, [-REACH, REACH], [0, HIGHEST], paint);
  const says = readout();

  function paint(g, x, y, {quiet, orange}) {
    const curve = f => PLACES.filter(z => Math.abs(z) <= REACH).map(z => [x(z), y(f(z))]);
    g.globalAlpha = 0.35;
    line(g, [[x(-REACH), y(0)], ...curve(z => density(TARGETS[name], z)), [x(REACH), y(0)]], quiet, 1);
    g.fillStyle = quiet;
    g.fill();
    g.globalAlpha = 1;
    line(g, curve(z => bell(z, mu, sigma)), orange);
    dot(g, x(mu), y(bell(mu, mu, sigma)), 7, orange);
  }
  function move(to, width) {
    [mu, sigma] = [clip(to, -4, 4), clip(width, ...WIDTHS)];
    sliders[0].set(mu.toFixed(2));
    sliders[1].set(sigma.toFixed(2));
    const {forward, reverse} = divergences(name, mu, sigma);
    says.textContent = `Forward, KL(p‖q): ${forward.kl.toFixed(2)} nats. Reverse, KL(q‖p): ${reverse.kl.toFixed(2)} nats.`;
    curves.draw();
  }
  const by_hand = (...to) => { descent?.stop(); move(...to); };
  function descend(direction) {
    descent?.stop();
    let taken = 0;
    descent = play(SECONDS, done => {
      const steps = Math.round(STEPS*done) - taken;
      taken += steps;
      move(...descended(name, direction, mu, sigma, steps));
    });
  }

  const text = value => value.toFixed(2);
  const sliders = [slider('mu of q', {min: -4, max: 4, step: 0.01, value: mu, text}, value => by_hand(value, sigma)),
                   slider('sigma of q', {min: WIDTHS[0], max: WIDTHS[1], step: 0.01, value: sigma, text}, value => by_hand(mu, value))];
  dragged(curves, (z, height) => by_hand(z, 1/Math.max(height, 0.05)/Math.sqrt(2*Math.PI)));
  const target = choice('target', Object.keys(TARGETS), chosen => { name = chosen; by_hand(mu, sigma); });
  move(mu, sigma);
  const buttons = [button('Descend the forward KL', () => descend('forward')), button('Descend the reverse KL', () => descend('reverse'))];
  return [curves.canvas, says, ...sliders.map(o => o.node), target, ...buttons];
}
