// What so many numbers keep of four cars: principal components of the whole picture, and of its blocks.
import {readout, slider} from './figure.js';
import {load, strip} from './pictures.js';

export async function create() {
  const {tiles, measured} = await load('numbers'), says = readout();
  const [original, whole, blocks] = ['as they are', 'PCA', 'PCA of blocks'].map(name => strip(tiles, name));

  function show(i) {
    whole.show(1 + 2*i);
    blocks.show(2 + 2*i);
    const {numbers, whole: decibels, blocks: of_blocks} = measured[i];
    says.textContent = `Of 200 unseen cars ${numbers} numbers keep ${decibels.toFixed(1)} dB, block by block ${of_blocks.toFixed(1)} dB.`;
  }
  const first = 1, count = slider('numbers', {min: 0, max: measured.length - 1, step: 1, value: first, text: i => String(measured[i].numbers)}, show);
  original.show(0);
  show(first);
  return [original.node, whole.node, blocks.node, says, count.node];
}
