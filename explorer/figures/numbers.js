// What so many numbers keep of four cars: principal components of the whole picture, and of its blocks.
import {readout, setting} from './figure.js';
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
  original.show(0);
  const count = setting('numbers', measured.map(o => String(o.numbers)), 1, show);
  return [original.node, whole.node, blocks.node, says, count];
}
