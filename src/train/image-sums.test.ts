import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readImageSums, writeImageSums } from './image-sums.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-sums-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'test.ndjson');

describe('test.ndjson', () => {
  it('comes back as it was written', async () => {
    const measured = {
      ids: ['a', 'b'],
      names: ['tp', 'depthSquare'] as const,
      rows: [Float64Array.of(3, 0.1), Float64Array.of(0, 1e-9)],
    };
    await writeImageSums(file, measured);
    expect(await readImageSums(file)).toEqual(measured);
    expect(await readImageSums(join(folder, 'none.ndjson'))).toBeUndefined();
  });

  it.each([
    ['a torn line', '{"id":"a","tp":1}\n{"id":"b","t', 2],
    ['a missing column', '{"id":"a","tp":1}\n{"id":"b"}\n', 2],
    ['no image', '', 1],
    ['another file', '[1, 2]\n', 1],
  ])('names the line of %s', async (_, text, line) => {
    writeFileSync(file, text);
    await expect(readImageSums(file)).rejects.toThrow(`${file}:${line}: expected the sums of an image`);
  });
});
