/**
 * Fathom's side of the benchmark: the same line protocol as `pytorch.py --serve`.
 *
 *   step N        N training steps                {"stepMs": […], "loss", "peakMemoryMb"}
 *   forward N     N forward passes, eval mode     {"forwardMs": […]}
 *   loss NAME N   a loss with its gradient on [16, 1, 192, 192]   {"lossMs": […]}
 *   quit
 *
 * Needs a build (`npm run build`).
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { gradients, input, sigmoid } from '../dist/graph/index.js';
import { compileLoss } from '../dist/losses/registry.js';
import { findModel } from '../dist/models/registry.js';
import { makeOptimizer } from '../dist/optim/registry.js';
import { compile } from '../dist/runtime/node.js';
import { batchFeeds, batchInputs } from '../dist/train/batch-inputs.js';
import { bindNetwork, createNetwork } from '../dist/train/network.js';
import { randomBatch } from '../dist/train/step-benchmark.js';
import { createTrainer } from '../dist/train/trainer.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resunet' },
    width: { type: 'string', default: '32' },
    height: { type: 'string', default: '96' },
    'width-px': { type: 'string', default: '96' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
    serve: { type: 'boolean' },
  },
});
const size = [Number(values.height), Number(values['width-px'])];
const batchSize = Number(values.batch);
const gaps = { mask: false, depth: false };
const network = createNetwork({
  model: findModel(values.model),
  width: Number(values.width),
  size,
  background: true,
});
const options = { device: 'cpu', threads: Number(values.threads) };
const compileHere = (outputs) => compile(outputs, options);
const batch = randomBatch(batchSize, size);

let trainer;
async function step() {
  trainer ??= await createTrainer({
    network,
    batch: batchSize,
    gaps,
    losses: {
      segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
      depth: compileLoss('rmse', 'depth').evaluate,
    },
    weight: 2,
    optimizer: makeOptimizer({
      kind: 'adamw',
      lr: 1e-3,
      weightDecay: 0.01,
      betas: [0.9, 0.999],
      eps: 1e-8,
      momentum: 0,
    }),
    seed: 0,
    compile: compileHere,
  });
  return (await trainer.step(batch, 1e-3)).loss;
}

let evaluation;
async function forward() {
  if (!evaluation) {
    if (!trainer) await step();
    const inputs = batchInputs(network, batchSize, gaps);
    const { logits } = bindNetwork(network, inputs.x, false);
    const executable = await compileHere({
      mask: sigmoid(logits.segmentation),
      depth: sigmoid(logits.depth),
    });
    const needed = new Set(executable.inputs.map(({ name }) => name));
    const all = { ...batchFeeds(batch, network, batchSize, gaps), ...trainer.weights };
    const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => needed.has(name)));
    evaluation = { executable, feeds };
  }
  await evaluation.executable.run(evaluation.feeds);
}

const lossShape = [16, 1, 192, 192];
const lossPrograms = new Map();

/** Numbers that look random and are the same at every run. */
const fraction = (i) => {
  const wave = Math.sin(i * 12.9898) * 43758.5453;
  return wave - Math.floor(wave);
};
/** Normal, as PyTorch's side has them: how long a sort takes depends on the values. */
const normal = (i) => Math.sqrt(-2 * Math.log(1 - fraction(i))) * Math.cos(2 * Math.PI * fraction(i + 0.5));
const portValue = {
  logits: normal,
  distance: normal,
  image: fraction,
  depth: (i) => fraction(i + 1),
  segmentation: (i) => Number(fraction(i + 1) > 0.7),
};

function compileEither(name) {
  try {
    return { task: 'segmentation', ...compileLoss(name, 'segmentation') };
  } catch {
    return { task: 'depth', ...compileLoss(name, 'depth') };
  }
}

/** A loss and its gradient, written into arrays that are there already. */
async function lossProgram(name) {
  const { task, evaluate } = compileEither(name);
  const logits = input('logits', lossShape);
  const value = evaluate({
    logits,
    target: input('target', lossShape),
    image: input('image', [16, 3, 192, 192]),
    distance: input('distance', lossShape),
  });
  const [gradient] = gradients(value, [logits]);
  const executable = await compileHere({ value, gradient });
  const feeds = Object.fromEntries(
    executable.inputs.map(({ name: port, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [port, Float32Array.from({ length }, (_, i) => portValue[port === 'target' ? task : port](i))];
    }),
  );
  const fetches = { value: new Float32Array(1), gradient: new Float32Array(logits.size) };
  return () => executable.run(feeds, fetches);
}

async function loss(name) {
  if (!lossPrograms.has(name)) lossPrograms.set(name, await lossProgram(name));
  await lossPrograms.get(name)();
}

async function timed(work, count) {
  const times = [];
  let result;
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    result = await work();
    times.push(performance.now() - begun);
  }
  return [times, result];
}

async function answer([command, ...words]) {
  if (command === 'step') {
    const [stepMs, value] = await timed(step, Number(words[0]));
    return { stepMs, loss: value, peakMemoryMb: process.resourceUsage().maxRSS / 1024 };
  }
  if (command === 'forward') return { forwardMs: (await timed(forward, Number(words[0])))[0] };
  if (command === 'loss') return { lossMs: (await timed(() => loss(words[0]), Number(words[1])))[0] };
  return { error: `expected step N, forward N, loss NAME N or quit, got ${command}` };
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ ready: true, parameters: network.parameterCount });
for await (const line of createInterface({ input: process.stdin })) {
  const words = line.trim().split(/\s+/);
  if (words[0] === 'quit') break;
  if (words[0]) say(await answer(words));
}
process.exit(0);
