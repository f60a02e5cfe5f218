// One model for each beta: how much it says about a car, how near it comes, and what it draws.
import {dot, line, plot, readout, setting} from './figure.js';
import {load, strip} from './pictures.js';

export async function create() {
  const {tiles, measured} = await load('betas'), says = readout();
  const [original, drawn] = ['as they are', 'reconstructed'].map(name => strip(tiles, name));
  const ends = key => [0, 1].map(k => Math[['min', 'max'][k]](...measured.map(o => o[key])));
  const around = ([low, high]) => [low - 0.08*(high - low), high + 0.08*(high - low)];
  let at;
  const curve = plot('A point for each beta: the rate goes to the right, the quality upwards', 2.2, around(ends('rate')), around(ends('psnr')), paint);

  function paint(g, x, y, {quiet, blue, orange}) {
    const points = measured.map(o => [x(o.rate), y(o.psnr)]);
    line(g, points, blue);
    for (const o of points) dot(g, ...o, 3, blue);
    dot(g, ...points[at], 8, orange);
    Object.assign(g, {fillStyle: quiet, font: '14px system-ui, sans-serif', textBaseline: 'top'});
    g.fillText('PSNR ↑', 4, 4);
    g.textAlign = 'right';
    g.fillText('rate →', g.canvas.clientWidth - 4, g.canvas.clientHeight - 18);
  }
  function show(i) {
    at = i;
    drawn.show(1 + i);
    const {beta, rate, psnr} = measured[i];
    says.textContent = `Beta ${beta}: ${rate.toFixed(0)} nats about a car, ${psnr.toFixed(1)} dB.`;
    curve.draw();
  }
  original.show(0);
  const beta = setting('beta', measured.map(o => String(o.beta)), 3, show);
  return [original.node, drawn.node, says, beta, curve.canvas];
}
