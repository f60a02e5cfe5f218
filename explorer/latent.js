// Arithmetic with latents, each a Float32Array.

export const plus = (z, v, k = 1) => z.map((o, i) => o + k*v[i]);
export const lerp = (a, b, t) => a.map((o, i) => o + t*(b[i] - o));

const dot = (a, b) => a.reduce((sum, o, i) => sum + o*b[i], 0);

export function slerp(a, b, t) {
  const angle = Math.acos(Math.max(-1, Math.min(1, dot(a, b)/Math.sqrt(dot(a, a)*dot(b, b)))));
  if (!(Math.sin(angle) > 1e-4)) return lerp(a, b, t);
  const [u, v] = [Math.sin((1 - t)*angle)/Math.sin(angle), Math.sin(t*angle)/Math.sin(angle)];
  return a.map((o, i) => u*o + v*b[i]);
}

// Random numbers that a seed repeats (mulberry32).
export function generator(seed) {
  return () => {
    let t = seed += 0x6D2B79F5;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0)/2**32;
  };
}

export const gaussian = random => Math.sqrt(-2*Math.log(1 - random()))*Math.cos(2*Math.PI*random());

// The priors of meta.json that this page can draw from; another one needs Python.
const MIXTURE = 'car_vae.latent:Mixture', NORMAL = 'car_vae.latent:StandardNormal';
export const drawable = ({kind}) => kind === MIXTURE || kind === NORMAL;

// A latent of `dim` numbers from the density in meta.json.
export function draw(density, dim, random) {
  if (density.kind === NORMAL) return Float32Array.from({length: dim}, () => gaussian(random));
  const {weights, means, scale_trils, scales} = density;
  let left = random()*weights.reduce((a, b) => a + b), k = 0;
  while (k < weights.length - 1 && (left -= weights[k]) > 0) k++;
  const noise = means[k].map(() => gaussian(random));
  const stretched = i => scales ? scales[k][i]*noise[i] : scale_trils[k][i].reduce((sum, o, j) => sum + o*noise[j], 0);
  return Float32Array.from(means[k], (mean, i) => mean + stretched(i));
}

// The mean of the nearest latents, weighted by one over the squared distance in the plane.
export function mix({points, latents}, x, y, nearest = 6) {
  const near = points.map(([a, b], i) => [1/((a - x)**2 + (b - y)**2 + 1e-4), i]).sort((a, b) => b[0] - a[0]).slice(0, nearest);
  const all = near.reduce((sum, [w]) => sum + w, 0);
  return near.reduce((z, [w, i]) => plus(z, latents[i], w/all), new Float32Array(latents[0].length));
}

// Latents as text for a link: thousandths, two bytes each.
export function toText(z) {
  const bytes = new Uint8Array(Int16Array.from(z, o => Math.round(Math.max(-32, Math.min(32, o))*1000)).buffer);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function fromText(text, dim) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), o => o.charCodeAt(0));
    const z = Float32Array.from(new Int16Array(bytes.buffer), o => o/1000);
    return z.length === dim ? z : null;
  } catch { return null; }
}
