import {darkBox} from './crop.js';
import {fromText, toText} from './latent.js';
import {$, remember, show, state} from './page.js';

const MOST = 2048; // pixels of a side: larger pictures are made smaller first

// A white canvas and what draws on it.
function white(width, height) {
  const canvas = new OffscreenCanvas(width, height), g = canvas.getContext('2d');
  g.fillStyle = 'white';
  g.fillRect(0, 0, width, height);
  return [canvas, g];
}

// Where the car is in a picture: all of it, or what is not white where the model was trained on cropped pictures.
function frame(picture, crop) {
  const {width, height} = picture, whole = {x: 0, y: 0, width, height};
  if (!crop) return whole;
  const [, g] = white(width, height);
  g.drawImage(picture, 0, 0);
  return darkBox(g.getImageData(0, 0, width, height), crop) ?? whole;
}

// A picture of a size that every browser can draw.
async function decoded(file) {
  const picture = await createImageBitmap(file), {width, height} = picture, k = MOST/Math.max(width, height);
  if (k >= 1) return picture;
  const [resizeWidth, resizeHeight] = [width, height].map(o => Math.max(1, Math.round(k*o)));
  return createImageBitmap(picture, {resizeWidth, resizeHeight, resizeQuality: 'high'});
}

// As in training: cropped if the model's images were, padded to a white square, then resized.
function prepare(picture, {size, preprocessing: {crop}}) {
  const {x, y, width, height} = frame(picture, crop), side = Math.ceil(Math.max(width, height));
  const [canvas, g] = white(side, side);
  g.drawImage(picture, x, y, width, height, Math.floor((side - width)/2), Math.floor((side - height)/2), width, height);
  const small = new OffscreenCanvas(size, size), s = small.getContext('2d');
  s.imageSmoothingQuality = 'high';
  s.drawImage(canvas, 0, 0, size, size);
  return s.getImageData(0, 0, size, size);
}

// `sharp` gives the model whose latent is a small image, or null.
export function photo(model, go, sharp) {
  const drop = $('photo-drop'), problem = $('photo-problem');
  let latent = null, turn = 0;
  $('photo-crop').hidden = !model.meta.preprocessing.crop;
  $('photo-drawn').hidden = !model.ofDrawnCars;

  // A newer file, or a part of the page that was opened meanwhile, overtakes an older one.
  async function take(file) {
    const mine = ++turn, overtaken = () => mine !== turn;
    $('photo-pair').hidden = $('photo-more').hidden = $('photo-grid').hidden = problem.hidden = true;
    let picture;
    try { picture = await decoded(file); }
    catch { return overtaken() || complain(`${file.name} is no picture that this browser can read. Try a JPEG or PNG file.`); }
    try {
      const image = prepare(picture, model.meta), z = Float32Array.from(await model.encode(image));
      if (overtaken()) return;
      show($('photo-before'), image);
      $('photo-seen').hidden = false;
      await reconstruct(z);
      if (!overtaken()) await sharpen(picture, overtaken);
    } catch { if (!overtaken()) complain('A part of the model could not be loaded. Is this machine offline? Choose the picture again when it is not.'); }
  }
  async function sharpen(picture, overtaken) {
    const other = sharp();
    if (!other) return;
    const image = prepare(picture, other.meta), [sharper] = await other.decode([await other.encode(image)]);
    if (overtaken()) return;
    show($('photo-sharp'), sharper);
    show($('photo-before'), image);
    $('photo-grid').hidden = false;
  }
  async function reconstruct(z) {
    latent = z;
    remember('photo', {z: toText(z)});
    show($('photo-after'), (await model.decode([z]))[0]);
    $('photo-pair').hidden = $('photo-more').hidden = false;
  }
  function complain(text) {
    latent = null;
    remember('photo', {});
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
      $('photo-seen').hidden = $('photo-grid').hidden = true;
      return reconstruct(z);
    },
    close() {
      turn++;
      $('photo-file').value = '';
    },
  };
}
