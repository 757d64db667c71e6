import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { folderOf, greyPng, sampleFiles, temporaryFolder } from '../data/files.fixture.js';
import { run } from './main.js';

async function fathom(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('fathom data inspect', () => {
  it('describes data, draws it, and proposes a block that works as pasted', async () => {
    const files = await sampleFiles(8);
    for (let k = 0; k < 8; k++)
      files[`mask/sample-${k}.png`] = await greyPng(
        32,
        24,
        new Uint8Array(32 * 24).map((_, i) => (i % 7 === 0 ? 255 : i % 3)),
      );
    const path = await folderOf(files);
    const root = await temporaryFolder();
    const sheet = join(root, 'sheet.png');
    const first = await fathom('data', 'inspect', path, '--out', sheet);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(/8 samples\n/);
    expect(first.out).toMatch(/depth {9}1\.00 m to 8\.77 m/);
    expect((await sharp(sheet).metadata()).width).toBeGreaterThan(500);

    const block = first.out.slice(first.out.indexOf('dataset:'));
    expect(block).toContain('scale: 1/1000\n    maxDepth: 9\n    unit: m');
    expect(block).toMatch(/background:\n {6}- 0\n {4}ignore:\n {6}- 255/);
    const config = join(root, 'fathom.yaml');
    await writeFile(config, block);
    const again = await fathom('data', 'inspect', config, '--out', sheet, '--json');
    const found = JSON.parse(again.out);
    expect(found).toMatchObject({ length: 8, read: 8, broken: [], depthUnit: 'm', maxDepth: 9 });
    // Labels 1 and 2 of 0, 1, 2; the seventh that is void does not count.
    expect(found.foreground).toBeCloseTo(2 / 3, 2);
    expect(found.invalid.mask).toBeCloseTo(1 / 7, 2);
  });

  it('looks at too few samples to split, and says that they cannot be', async () => {
    const path = await folderOf(await sampleFiles(2));
    const sheet = join(await temporaryFolder(), 'sheet.png');
    const { code, out } = await fathom('data', 'inspect', path, '--out', sheet);
    expect(code).toBe(0);
    expect(out).toMatch(/splits {8}none: .*2 scenes cannot be split into train, validation, test/);
  });

  it('says what it misses', async () => {
    const { 'depth/sample-0.png': _, ...files } = await sampleFiles(1);
    const path = await folderOf(files);
    expect(await fathom('data', 'inspect', path)).toMatchObject({
      code: 3,
      err: expect.stringContaining(`${path}: no folder looks like depth maps`),
    });
  });
});

describe('fathom data stats', () => {
  it('agrees with the numbers of the files', async () => {
    const path = await folderOf(await sampleFiles(3));
    const { out } = await fathom('data', 'stats', path, '--json');
    const { samples, depth, mask } = JSON.parse(out);
    expect(samples).toBe(3);
    // Half of each mask is 1; its edge is soft at the training size, which takes a little of the deviation.
    expect(mask).toEqual({ mean: [expect.closeTo(0.5, 2)], std: [expect.closeTo(0.495, 2)] });
    const text = (await fathom('data', 'stats', path)).out;
    expect(text).toContain(`depth      mean ${depth.mean[0].toFixed(6)}`);
  });
});
