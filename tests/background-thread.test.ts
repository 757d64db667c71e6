/** What is done on a thread of its own: the same files, results and errors, and also when the thread is lost or refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSamples } from '../src/study/run-pictures.js';
import { compiledModule, compilePackage, runProgram } from './compiled.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-pictures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const area = 16 * 16;
const ramp = (gain: number) => Array.from({ length: area }, (_, i) => (gain * i) / area);
const row = {
  ...{ id: 'room', iou: 0.5, rmse: 0.25 },
  image: Uint8Array.from({ length: 3 * area }, (_, i) => i % 256),
  ...{ mask: Float32Array.from(ramp(1), Math.round), depth: Float32Array.from(ramp(1)) },
  ...{ maskValid: new Uint8Array(area).fill(1), depthValid: new Uint8Array(area).fill(1) },
  ...{ predictedMask: Float32Array.from(ramp(0.8)), predictedDepth: Float32Array.from(ramp(0.6)) },
};
/** The row as JSON, from which the program has its arrays again. */
const rowText = JSON.stringify(row, (_, value) =>
  ArrayBuffer.isView(value)
    ? { array: value.constructor.name, values: Array.from(value as Uint8Array) }
    : value,
);
const labels = { title: 'bce · rmse', height: 16, width: 16, maxDepth: 10, depthUnit: 'm' };

/**
 * A program that draws the samples of three epochs from the compiled package, since threads load no TypeScript, and prints how many
 * pictures its thread said it drew, and the errors. With `lose`, the thread is ended when it has been sent the second one; with
 * `refuse`, none can be started.
 */
const program = `
import threads from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';
const [folder, trouble] = process.argv.slice(2);
let [asked, drawn] = [0, 0];
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    if (trouble === 'refuse') throw new Error('no more threads');
    super(...args);
    this.on('message', (message) => { if ('id' in message) drawn++; });
  }
  postMessage(...args) {
    super.postMessage(...args);
    if (trouble === 'lose' && ++asked === 2) this.terminate();
  }
};
syncBuiltinESMExports();
const { BackgroundThread } = await import(${compiledModule('background-thread.js')});
const { runPictures } = await import(${compiledModule('study/pictures.js')});
const row = JSON.parse(${JSON.stringify(rowText)}, (_, value) => (value?.array ? globalThis[value.array].from(value.values) : value));
const thread = new BackgroundThread();
const results = await Promise.allSettled(
  [1, 2, 3].map((epoch) => thread.call(runPictures, 'drawSamples', folder, epoch, [row], ${JSON.stringify(labels)})),
);
await thread.end();
const errors = results.flatMap(({ reason: e }) => (e ? [{ name: e.constructor.name, ...e, message: e.message }] : []));
console.log(JSON.stringify({ drawn, errors }));
`;

/** A program that prints the hash of a step's program as a thread lowers it, and as it does itself. */
const lowering = `
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
const { BackgroundThread, here } = await import(${compiledModule('background-thread.js')});
const { configSchema } = await import(${compiledModule('config/schema.js')});
const url = pathToFileURL(${compiledModule('train/lower-step.js')}).href;
const { model, train, device } = configSchema.parse({ model: { kind: 'resunet', width: 4 }, train: { batch: 2 } });
const request = {
  spec: { segmentation: 'bce-dice', depth: 'rmse', weight: 2, seed: 0, model, train, device },
  dataset: { name: 'rooms', height: 16, width: 16, hasBackground: true },
  gaps: { mask: false, depth: true },
  options: { target: 'cpu', blockSize: 16, marker: 'done' },
};
const thread = new BackgroundThread();
const hashes = [];
for (const caller of [thread, here]) {
  const { bytes } = await caller.call({ url, load: () => import(url) }, 'lowerStep', request);
  hashes.push(createHash('sha256').update(bytes).digest('hex'));
}
await thread.end();
console.log(JSON.stringify(hashes));
`;

const draw = (into: string, ...args: string[]) =>
  runProgram<{ drawn: number; errors: Record<string, unknown>[] }>(program, into, ...args);

describe('a background thread', () => {
  beforeAll(compilePackage, 120_000);

  const pictures = (into: string) =>
    [1, 2, 3].map((epoch) => readFileSync(join(into, `samples/epoch-00${epoch}.png`)));

  it('leaves the pictures that this thread would, also when it is lost or refused', async () => {
    const here = join(folder, 'here');
    for (const epoch of [1, 2, 3]) await drawSamples(here, epoch, [row], labels);
    const expected = pictures(here);
    for (const [trouble, least, most] of [
      ['none', 3, 3],
      ['lose', 0, 2],
      ['refuse', 0, 0],
    ] as const) {
      const there = join(folder, trouble);
      const { drawn, errors } = draw(there, trouble);
      expect(errors).toEqual([]);
      expect(drawn).toBeGreaterThanOrEqual(least);
      expect(drawn).toBeLessThanOrEqual(most);
      expect(pictures(there)).toEqual(expected);
    }
  });

  it('says what this thread would where it cannot write', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const error = await drawSamples(join(file, 'run'), 1, [row], labels).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    const { errors } = draw(join(file, 'run'));
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ name: 'FathomError', code: error.code, message: error.message });
  });

  it('lowers a step to the bytes that this thread would', () => {
    const [there, own] = runProgram<[string, string]>(lowering);
    expect(there).toBe(own);
    expect(there).toMatch(/^[0-9a-f]{64}$/);
  });
});
