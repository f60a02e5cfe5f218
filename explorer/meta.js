// What meta.json says of a model, and what the page makes of it.
import {draw, drawable, generator} from './latent.js';

const DRAWS = 16;

// Draws from the prior to begin with, where a model brings no examples; the middle of N(0, I) where none can be drawn.
function beginnings({density, latent_dim}) {
  if (!drawable(density)) return {examples: [new Float32Array(latent_dim)], example_names: ['the middle']};
  const random = generator(1), draws = Array.from({length: DRAWS}, () => draw(density, latent_dim, random));
  return {examples: draws, example_names: draws.map((_, i) => `draw ${i + 1}`)};
}

const noRow = shape => `This model describes a picture by a small image of ${shape.join(' × ')} numbers. The explorer moves the \
numbers of a single row, so it cannot show this model. Its files work everywhere else that ONNX does.`;

// The contents of meta.json, complete: latents as Float32Arrays, and something to begin with.
export function complete(meta) {
  const shape = meta.latent_shape ?? [meta.latent_dim];
  if (shape.length > 1) throw new Error(noRow(shape));
  const given = {examples: (meta.examples ?? []).map(o => Float32Array.from(o)), example_names: meta.example_names ?? []};
  return {...meta, factors: meta.factors ?? [], directions: meta.directions ?? [], ...(given.examples.length ? given : beginnings(meta))};
}

// The parts of the page that this model can fill.
export function partsOf({examples, density, map}) {
  const two = examples.length > 1, dots = map?.points?.length > 0;
  const shown = {blend: two, shape: true, dream: drawable(density), map: dots, photo: true};
  return Object.keys(shown).filter(o => shown[o]);
}

// What a model comes without, in words.
export function whatIsMissing({density, latents_of}) {
  const words = [];
  if (latents_of === 'training photos') words.push('The examples and the map are training photos, as the model draws them.');
  if (latents_of === 'nothing') words.push('This model was exported without the latents of its training photos, so there is no map.');
  if (latents_of === 'nothing' && drawable(density)) words.push('Blend and Shape begin with random draws.');
  if (!drawable(density)) words.push(`This page cannot draw from its prior, ${density.kind}, so there are no dreams.`);
  return words.join(' ');
}
