// The exported model: latents to pictures, and pictures to latents.
import * as ort from './vendor/ort.wasm.bundle.min.mjs';
ort.env.wasm.numThreads = 1;

async function read(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} could not be loaded (${answer.status}).`);
  return answer;
}

// The bytes of a file, and on the way how much of it has come, in percent where the server says how large it is.
async function bytes(url, say) {
  const answer = await read(url), size = +answer.headers.get('content-length'), reader = answer.body.getReader(), parts = [];
  let come = 0;
  for (let o = await reader.read(); !o.done; o = await reader.read()) {
    parts.push(o.value);
    come += o.value.length;
    say(size ? `${Math.min(100, Math.round(100*come/size))} %` : `${(come/1e6).toFixed(1)} MB`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export class Model {
  constructor(folder, meta, decoder) {
    const shape = meta.latent_shape ?? [meta.latent_dim];
    Object.assign(this, {folder, meta, decoder, shape, size: meta.size, dim: meta.latent_dim, turn: Promise.resolve()});
    this.ofDrawnCars = meta.trained_on === 'embedded cars';
  }

  // onnxruntime answers one question at a time, so they queue here.
  queue(job) { return this.turn = this.turn.catch(() => {}).then(job); }

  // Latents, each a Float32Array, to as many ImageData.
  decode(latents) {
    return this.queue(async () => {
      const z = new Float32Array(latents.length*this.dim);
      latents.forEach((o, i) => z.set(o, i*this.dim));
      const {x_hat} = await this.decoder.run({z: new ort.Tensor('float32', z, [latents.length, ...this.shape])});
      return latents.map((_, i) => this.picture(x_hat.data, i));
    });
  }

  // An ImageData of the model's size to the mean of q(z|x).
  encode(image) {
    return this.queue(async () => {
      this.encoder ??= await session(this.folder, this.meta.encoder);
      const x = new ort.Tensor('float32', planes(image), [1, 3, this.size, this.size]);
      return (await this.encoder.run({x})).mu.data;
    });
  }

  // Numbers of a wish, a Float32Array, to a latent.
  sketch(condition) {
    return this.queue(async () => {
      this.sketcher ??= await session(this.folder, this.meta.ask.network);
      return (await this.sketcher.run({condition: new ort.Tensor('float32', condition, [1, condition.length])})).z.data;
    });
  }

  // Numbers of a wish to an ImageData.
  async sketched(condition) { return (await this.decode([await this.sketch(condition)]))[0]; }

  picture(values, i) {
    const n = this.size**2, image = new ImageData(this.size, this.size);
    for (let p = 0; p < n; p++) {
      for (let c = 0; c < 3; c++) image.data[4*p + c] = Math.round(values[(3*i + c)*n + p]*127.5 + 127.5);
      image.data[4*p + 3] = 255;
    }
    return image;
  }
}

function planes({data, width}) {
  const n = width**2, x = new Float32Array(3*n);
  for (let p = 0; p < n; p++) for (let c = 0; c < 3; c++) x[c*n + p] = (data[4*p + c] - 127.5)/127.5;
  return x;
}

async function session(folder, name, say = () => {}) {
  return ort.InferenceSession.create(await bytes(`${folder}/${name}`, say));
}

export async function load(folder, say, complete = meta => meta) {
  if (typeof WebAssembly !== 'object') throw new Error('This browser cannot run WebAssembly, which the model needs. Any browser of the last years can: please try another one.');
  say('Loading the numbers of the latent space …');
  const meta = complete(await (await read(`${folder}/meta.json`)).json());
  const words = 'Loading the decoder and the program that runs it, a few megabytes …';
  say(words);
  return new Model(folder, meta, await session(folder, meta.decoder, come => say(`${words} ${come}`)));
}
