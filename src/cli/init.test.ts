import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { run } from './main.js';

async function init(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['init', ...args], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: out.join(''), err: err.join('') };
}

let root: string;
let config: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'fathom-init-')));
  config = join(root, 'fathom.yaml');
});

const picture = (bits: 8 | 16) =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: '#888' } })
    .toColourspace(bits === 16 ? 'grey16' : 'b-w')
    .png()
    .toBuffer();

describe('fathom init', () => {
  it('writes a configuration that loads, with the folders that it found', async () => {
    for (const folder of ['rgb', 'Segmentation', 'depth_mm', 'bg', '.cache'])
      await mkdir(join(root, 'rooms', folder), { recursive: true });
    await writeFile(join(root, 'rooms', 'depth_mm', '1.png'), await picture(16));
    expect(await init(join(root, 'rooms'), '--out', config)).toEqual({
      code: 0,
      out: `wrote ${config} (image in rgb/, mask in Segmentation/, depth in depth_mm/, background in bg/)\nnext: fathom study ${config}\n`,
      err: '',
    });
    expect((await loadConfig({ file: config })).dataset).toMatchObject({
      kind: 'folder',
      path: join(root, 'rooms'),
      image: 'rgb',
      mask: { folder: 'Segmentation' },
      depth: { folder: 'depth_mm', scale: 0.001, maxDepth: 10, unit: 'm' },
      background: { folder: 'bg' },
    });
  });

  it('names folders of composites by what is last in their names', async () => {
    for (const folder of ['bg', 'fg_bg', 'fg_bg_mask', 'fg_bg_depth']) await mkdir(join(root, folder));
    await writeFile(join(root, 'fg_bg_depth', '1.png'), await picture(8));
    await init(root, '--out', config);
    expect((await loadConfig({ file: config })).dataset).toMatchObject({
      path: root,
      image: 'fg_bg',
      mask: { folder: 'fg_bg_mask' },
      depth: { folder: 'fg_bg_depth', scale: 1 / 255, maxDepth: 1, unit: '' },
      background: { folder: 'bg' },
    });
  });

  it('says in the file what it did not find', async () => {
    await init(root, '--out', config);
    expect(await readFile(config, 'utf8')).toContain('image: image   # not found: write its name here\n');
    expect((await loadConfig({ file: config })).dataset).toMatchObject({ image: 'image' });
  });

  it('replaces a file only when told to', async () => {
    await writeFile(config, 'mine');
    expect(await init(root, '--out', config)).toEqual({
      code: 2,
      out: '',
      err: `error: ${config}: exists already\nhint: give --force to replace it, or --out\n`,
    });
    expect(await readFile(config, 'utf8')).toBe('mine');
    expect((await init(root, '--out', config, '--force')).code).toBe(0);
    expect(await readFile(config, 'utf8')).toContain('name: my-study');
  });

  it('says when there is no data', async () => {
    const { code, err } = await init(join(root, 'nowhere'), '--out', config);
    expect(code).toBe(3);
    expect(err).toContain('nowhere: no such file or folder');
    await expect(readFile(config)).rejects.toThrow();
  });

  const data = process.env.FATHOM_DATA ?? '../shared/data';
  it('reads the layout of an archive', async (context) => {
    const archive = join(data, 'nyu-train.zip');
    const there = await readFile(archive).then(
      () => true,
      () => false,
    );
    if (!there) context.skip(`${archive} is not there (set FATHOM_DATA)`);
    const { out } = await init(archive, '--out', config);
    expect(out).toContain('(image in image/, mask in label/, depth in depth/)');
  });
});
