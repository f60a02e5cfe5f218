import {fromText, toText} from './latent.js';
import {$, remember, show, state} from './page.js';

// As in training: padded to a white square, then resized.
export async function prepare(file, size) {
  const picture = await createImageBitmap(file), side = Math.max(picture.width, picture.height);
  const canvas = new OffscreenCanvas(side, side), g = canvas.getContext('2d');
  g.fillStyle = 'white';
  g.fillRect(0, 0, side, side);
  g.drawImage(picture, (side - picture.width)/2, (side - picture.height)/2);
  const small = new OffscreenCanvas(size, size), s = small.getContext('2d');
  s.imageSmoothingQuality = 'high';
  s.drawImage(canvas, 0, 0, size, size);
  return s.getImageData(0, 0, size, size);
}

export function photo(model, go) {
  const drop = $('photo-drop'), problem = $('photo-problem');
  let latent = null;

  async function take(file) {
    let image;
    try { image = await prepare(file, model.size); }
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
