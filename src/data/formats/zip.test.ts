import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../files.fixture.js';
import { zipSource } from './zip.js';
import { openZipWriter } from './zip-writer.js';

describe('an archive of more files than its 16-bit count holds', () => {
  it('is written, listed and read in place', async () => {
    const path = join(await temporaryFolder(), 'many.zip');
    const count = 70_000;
    const name = (i: number) => `fg_bg/bg${i % 100}/${i}.txt`;
    const writer = await openZipWriter(path);
    for (let first = 0; first < count; first += 1000)
      await writer.append(
        Array.from({ length: 1000 }, (_, k) => ({
          name: name(first + k),
          bytes: Buffer.from(`file ${first + k}`),
        })),
      );
    await writer.finish();
    await writer.close();

    const source = await zipSource(path, 'many');
    expect(await source.list('fg_bg')).toHaveLength(count);
    for (const i of [0, 65_534, 65_535, 65_536, count - 1])
      expect((await source.read(name(i))).toString()).toBe(`file ${i}`);
    await source.close();
  });
});
