/**
 * A 3×3 convolution and its gradients in the engines that run in JavaScript: Fathom, tfjs (WebAssembly) and jax-js (WebAssembly).
 *
 *   npm run build && npm ci --prefix bench && node bench/convolution.mjs
 *
 * `[8, 32, 96, 96]` to 32 channels; the gradients are those of the sum of squares in input and kernel. In billions of
 * floating-point operations a second, of the fastest of a few runs. The WebAssembly backend
 * of tfjs has no gradient in the kernel.
 */
import { availableParallelism, cpus } from 'node:os';
import { defaultDevice, grad, init, lax, numpy as np } from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { conv2d, gradients, input, max, square, sum } from '../dist/graph/index.js';
import { compile } from '../dist/runtime/node.js';

const [batch, channels, size, taps] = [8, 32, 96, 3];
const xShape = [batch, channels, size, size];
const wShape = [channels, channels, taps, taps];
const flops = 2 * batch * size * size * channels * channels * taps * taps;
const values = (shape, seed) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898 + seed));
const [xValues, wValues] = [values(xShape, 1), values(wShape, 2)];

/** Each engine gives functions that compute and end when the result is there; results stay where the engine keeps them. */
async function fathom() {
  const [x, w] = [input('x', xShape), input('w', wShape)];
  const y = conv2d(x, w);
  const feeds = { x: xValues, w: wValues };
  const forward = await compile({ largest: max(y) });
  const [dx, dw] = gradients(sum(square(y)), [x, w]);
  const backward = await compile({ dx: max(dx), dw: max(dw) });
  return { forward: () => forward.run(feeds), gradient: () => backward.run(feeds) };
}

async function tfjs() {
  await tf.setBackend('wasm');
  // tfjs wants channels last, and so gets them.
  const x = tf.tensor4d(xValues, [batch, size, size, channels]);
  const w = tf.tensor4d(wValues, [taps, taps, channels, channels]);
  const forward = async () => {
    const y = tf.conv2d(x, w, 1, 'same');
    const first = tf.slice(y, 0, 1);
    await first.data();
    tf.dispose([y, first]);
  };
  // Its WebAssembly backend has no Conv2DBackpropFilter.
  return { forward };
}

async function jaxJs() {
  await init('wasm');
  defaultDevice('wasm');
  const x = np.array(xValues).reshape(xShape);
  const w = np.array(wValues).reshape(wShape);
  const convolve = (a, b) => lax.conv(a, b, [1, 1], 'SAME');
  const loss = (a, b) => np.sum(np.square(convolve(a, b)));
  const slopes = grad(loss, { argnums: [0, 1] });
  const settle = async (results) => {
    for (const result of results) await np.max(result).data();
  };
  return {
    forward: () => settle([convolve(x.ref, w.ref)]),
    gradient: () => settle(slopes(x.ref, w.ref)),
  };
}

const engines = { Fathom: [fathom, 10], 'tfjs 4.22 wasm': [tfjs, 5], 'jax-js 0.1.25 wasm': [jaxJs, 1] };

/** GFLOP/s of the fastest run; a dash for what an engine cannot do. */
async function speed(work, operations, runs) {
  if (!work) return '–';
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= runs; i++) {
    const begun = performance.now();
    await work();
    // The first run also prepares.
    if (i > 0) best = Math.min(best, performance.now() - begun);
  }
  return (operations / best / 1e6).toFixed(1);
}

console.log(`${cpus()[0].model}, ${availableParallelism()} threads, Node ${process.version}\n`);
console.log('| engine | forward GFLOP/s | gradient GFLOP/s |\n|---|---|---|');
for (const [name, [start, runs]] of Object.entries(engines)) {
  const { forward, gradient } = await start();
  const ahead = await speed(forward, flops, runs);
  // A forward pass and two convolutions' work.
  const back = await speed(gradient, 3 * flops, runs);
  console.log(`| ${name} | ${ahead} | ${back} |`);
}
process.exit(0);
