/** Many samples are decoded on several threads: the same bytes, the same errors, and no process that does not end. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderOf, opened, sampleFiles } from '../src/data/files.fixture.js';
import { compiledModule, compilePackage, runProgram } from './compiled.fixture.js';

const count = 160;

/**
 * A program that reads all samples of a folder, again and again until threads have answered a hundred times, from the compiled package,
 * since threads load no TypeScript. It prints the hash of each round and the errors of the last one. With `lose`, a thread is ended as
 * soon as it has been sent something; with `refuse`, none can be started.
 */
const program = `
import threads from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';
import { createHash } from 'node:crypto';
const [path, trouble] = process.argv.slice(2);
let answered = 0;
let lost = 0;
let refused = 0;
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    if (trouble === 'refuse') { refused++; throw new Error('no more threads'); }
    super(...args);
    this.on('message', (message) => { if ('id' in message) answered++; });
  }
  postMessage(...args) {
    super.postMessage(...args);
    if (trouble === 'lose' && !this.ending) { lost++; this.ending = this.terminate(); }
  }
};
syncBuiltinESMExports();
const { openFolder } = await import(${compiledModule('data/formats/folder.js')});
const dataset = await openFolder({
  path, size: [24, 32], image: 'image', mask: { folder: 'mask' },
  depth: { folder: 'depth', scale: 0.001, maxDepth: 10 },
});
const hashes = new Set();
let errors;
do {
  const results = await Promise.allSettled(Array.from({ length: dataset.length }, (_, i) => dataset.read(i)));
  const hash = createHash('sha256');
  for (const { value } of results)
    if (value) for (const plane of Object.values(value)) if (plane?.buffer) hash.update(plane);
  hashes.add(hash.digest('hex'));
  errors = results.flatMap(({ reason: e }) => (e ? [{ name: e.constructor.name, ...e, message: e.message }] : []));
} while (trouble ? lost + refused === 0 : answered < 100);
await dataset.close();
console.log(JSON.stringify({ hashes: [...hashes], errors }));
`;

const readAll = (folder: string, ...args: string[]) =>
  runProgram<{ hashes: string[]; errors: Record<string, unknown>[] }>(program, folder, ...args);

async function hashHere(folder: string): Promise<string> {
  const dataset = await opened(folder);
  const hash = createHash('sha256');
  for (let i = 0; i < count; i++)
    for (const plane of Object.values(await dataset.read(i)))
      if (typeof plane === 'object') hash.update(plane);
  return hash.digest('hex');
}

describe('many samples', () => {
  beforeAll(compilePackage, 120_000);

  it.skipIf(availableParallelism() < 2)(
    'are the same on several threads, also when threads are lost or refused',
    async () => {
      const folder = await folderOf(await sampleFiles(count));
      const expected = { hashes: [await hashHere(folder)], errors: [] };
      expect(readAll(folder)).toEqual(expected);
      expect(readAll(folder, 'lose')).toEqual(expected);
      expect(readAll(folder, 'refuse')).toEqual(expected);
    },
  );

  it.skipIf(availableParallelism() < 2)('name a damaged file as one thread does', async () => {
    const folder = await folderOf(await sampleFiles(count));
    const damaged = [20, 110, 130, 150];
    for (const i of damaged) writeFileSync(join(folder, `depth/sample-${i}.png`), Buffer.alloc(300, 7));
    const dataset = await opened(folder);
    const { errors } = readAll(folder);
    expect(errors).toHaveLength(damaged.length);
    for (const [i, error] of errors.entries()) {
      const { code, message, hint } = await dataset.read(damaged[i]).then(
        () => expect.unreachable(),
        (reason) => reason,
      );
      expect(error).toMatchObject({ name: 'FathomError', code, message, hint });
    }
  });
});
