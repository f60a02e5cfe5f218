import {darkBox} from './crop.js';
import {fromText, toText} from './latent.js';
import {$, remember, show, state} from './page.js';

const MOST = 2048; // pixels of a side in which the edges of a car are looked for

// A white canvas and what draws on it.
function white(width, height) {
  const canvas = new OffscreenCanvas(width, height), g = canvas.getContext('2d');
  g.fillStyle = 'white';
  g.fillRect(0, 0, width, height);
  return [canvas, g];
}

// Where the car is in a picture: all of it, or what is not white where the model was trained on cropped pictures.
function frame(picture, crop) {
  const whole = {x: 0, y: 0, width: picture.width, height: picture.height};
  if (!crop) return whole;
  const k = Math.min(1, MOST/Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map(o => Math.max(1, Math.round(k*o))), [, g] = white(width, height);
  g.drawImage(picture, 0, 0, width, height);
  const box = darkBox(g.getImageData(0, 0, width, height), crop);
  return box ? {x: box.x/k, y: box.y/k, width: box.width/k, height: box.height/k} : whole;
}

// As in training: cropped if the model's images were, padded to a white square, then resized.
export async function prepare(file, size, crop) {
  const picture = await createImageBitmap(file), {x, y, width, height} = frame(picture, crop), side = Math.ceil(Math.max(width, height));
  const [canvas, g] = white(side, side);
  g.drawImage(picture, x, y, width, height, Math.floor((side - width)/2), Math.floor((side - height)/2), width, height);
  const small = new OffscreenCanvas(size, size), s = small.getContext('2d');
  s.imageSmoothingQuality = 'high';
  s.drawImage(canvas, 0, 0, size, size);
  return s.getImageData(0, 0, size, size);
}

export function photo(model, go) {
  const drop = $('photo-drop'), problem = $('photo-problem');
  let latent = null;
  $('photo-crop').hidden = !model.meta.preprocessing.crop;
  $('photo-drawn').hidden = !model.ofDrawnCars;

  async function take(file) {
    let image;
    try { image = await prepare(file, model.size, model.meta.preprocessing.crop); }
    catch { return complain(`${file.name} is no picture that this browser can read. Try a JPEG or PNG file.`); }
    problem.hidden = true;
    show($('photo-before'), image);
    $('photo-seen').hidden = false;
    return reconstruct(Float32Array.from(await model.encode(image)));
  }
  async function reconstruct(z) {
    latent = z;
    remember('photo', {z: toText(z)});
    show($('photo-after'), (await model.decode([z]))[0]);
    $('photo-pair').hidden = $('photo-more').hidden = false;
  }
  function complain(text) {
    problem.textContent = text;
    problem.hidden = false;
  }
  function over(e, on) {
    e.preventDefault();
    drop.classList.toggle('over', on);
  }
  $('photo-file').addEventListener('change', e => e.target.files[0] && take(e.target.files[0]));
  drop.addEventListener('dragover', e => over(e, true));
  drop.addEventListener('dragleave', e => over(e, false));
  drop.addEventListener('drop', e => {
    over(e, false);
    if (e.dataTransfer.files[0]) take(e.dataTransfer.files[0]);
  });
  $('photo-take').addEventListener('click', () => go('shape', {z: toText(latent)}));

  // A link brings back the reconstruction: the picture itself is not in it.
  return {
    open() {
      const text = state().get('z') ?? '', z = fromText(text, model.dim);
      if (!z) return remember('photo', {});
      if (latent && text === toText(latent)) return;
      $('photo-seen').hidden = true;
      return reconstruct(z);
    },
  };
}
