/**
 * Fathom beside PyTorch on this machine: both sides run in turn, so that each ratio is of the same minute.
 *
 *   npm run build && node bench/compare.mjs            everything
 *   node bench/compare.mjs --only steps                steps, forward, losses
 *
 * Needs `python3` with torch (Debian: apt-get install python3-torch); PYTHON names another interpreter.
 * A ratio is Fathom's time over PyTorch's, the median over rounds of medians taken in the same round: below 1 Fathom is faster.
 * Of the losses it is the fastest of a round that counts: they are as short as the slices of time that other processes take.
 */
import { spawn } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean' } },
});
const rounds = Number(values.rounds);
const threads = availableParallelism();
const python = process.env.PYTHON ?? '/usr/bin/python3';
const here = new URL('.', import.meta.url).pathname;

const networks = [
  { name: 'width 32, 96×96, batch 8', width: 32, height: 96, 'width-px': 96, batch: 8, steps: 3 },
  { name: 'width 8, 64×64, batch 16', width: 8, height: 64, 'width-px': 64, batch: 16, steps: 12 },
  { name: 'width 16, 128×96, batch 8', width: 16, height: 128, 'width-px': 96, batch: 8, steps: 5 },
];
const losses = [
  'bce',
  'dice',
  'tversky',
  'jaccard',
  'focal',
  'lovasz',
  'boundary',
  'mcc',
  'rmse',
  'l1',
  'mse',
  'huber',
  'charbonnier',
  'berhu',
  'grad',
  'ssim',
  'silog',
  'ssi',
  'smoothness',
  'normals',
];

/** A process that answers lines with lines of JSON. */
function server(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended`);
    return JSON.parse(value);
  };
  return {
    ready: next(),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    quit: () => child.stdin.end('quit\n'),
  };
}

/**
 * glibc gives large blocks back to the system after each step and touches them anew in the next, which on some machines
 * doubles PyTorch's time. Told to keep them, PyTorch is at its best.
 */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: '4294967296', MALLOC_TRIM_THRESHOLD_: '8589934592' };

function start(network) {
  const flags = ['width', 'height', 'width-px', 'batch'].flatMap((key) => [`--${key}`, `${network[key]}`]);
  const common = ['--serve', '--threads', `${threads}`, ...flags];
  return {
    fathom: server(process.execPath, [`${here}fathom.mjs`, ...common]),
    pytorch: server(python, [`${here}pytorch.py`, ...common], keepMemory),
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const fastest = (numbers) => Math.min(...numbers);

/** Asks both in turn and gives the medians and the median of the rounds' ratios; `pick` takes one time of a round. */
async function race({ fathom, pytorch }, question, key, pick = median) {
  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(pick((await fathom.ask(question))[key]));
    theirs.push(pick((await pytorch.ask(question))[key]));
  }
  return {
    fathomMs: median(ours),
    pytorchMs: median(theirs),
    ratio: median(ours.map((ms, i) => ms / theirs[i])),
  };
}

const rows = [];
function report(what, result) {
  rows.push({ what, ...result });
  const digits = (value) => value.toPrecision(3);
  console.log(
    `| ${what} | ${digits(result.fathomMs)} | ${digits(result.pytorchMs)} | ${result.ratio.toFixed(2)} |`,
  );
}

const wants = (part) => !values.only || values.only === part;

console.log(
  `${cpus()[0].model}, ${threads} threads, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log('| what | Fathom ms | PyTorch ms | ratio |\n|---|---|---|---|');
for (const network of wants('steps') || wants('forward') ? networks : []) {
  const sides = start(network);
  await Promise.all([sides.fathom.ready, sides.pytorch.ready]);
  // The first steps touch memory for the first time.
  await sides.fathom.ask('step 3');
  await sides.pytorch.ask('step 3');
  if (wants('steps'))
    report(`training step, ${network.name}`, await race(sides, `step ${network.steps}`, 'stepMs'));
  if (wants('steps')) {
    const [ours, theirs] = [await sides.fathom.ask('step 1'), await sides.pytorch.ask('step 1')];
    const [a, b] = [ours.peakMemoryMb, theirs.peakMemoryMb];
    rows.push({ what: `peak memory, ${network.name}`, fathomMb: a, pytorchMb: b, ratio: a / b });
    console.log(
      `| peak memory (MB), ${network.name} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(a / b).toFixed(2)} |`,
    );
  }
  if (wants('forward'))
    report(`evaluation, ${network.name}`, await race(sides, `forward ${network.steps}`, 'forwardMs'));
  sides.fathom.quit();
  sides.pytorch.quit();
}
if (wants('losses')) {
  const sides = start({ width: 4, height: 16, 'width-px': 16, batch: 1 });
  await Promise.all([sides.fathom.ready, sides.pytorch.ready]);
  for (const name of losses) {
    await sides.fathom.ask(`loss ${name} 2`);
    const count = name === 'lovasz' || name === 'ssim' ? 5 : 20;
    report(`loss and gradient, ${name}`, await race(sides, `loss ${name} ${count}`, 'lossMs', fastest));
  }
  sides.fathom.quit();
  sides.pytorch.quit();
}
if (values.json) console.log(JSON.stringify(rows));
