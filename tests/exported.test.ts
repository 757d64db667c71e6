/** From weights to predictions through the command line: import, export, and predict from a checkpoint or an ONNX file. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../src/cli/main.js';
import { input, mul } from '../src/graph/index.js';
import { lowerToOnnx } from '../src/onnx/lower.js';
import { readExported } from '../src/train/exported-network.js';

const stateDict = fileURLToPath(new URL('goldens/mobile-unet-state.safetensors', import.meta.url));
// Time enough on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

let root: string;
const at = (...path: string[]) => join(root, ...path);

async function fathom(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await run(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const picture = (width: number, height: number, phase: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + phase) & 255),
    { raw: { width, height, channels: 3 } },
  ).png();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fathom-exported-'));
  mkdirSync(at('images'));
  await picture(32, 32, 0).toFile(at('images', 'b.png'));
  await picture(50, 40, 90).toFile(at('images', 'a.png'));
  writeFileSync(at('images', 'notes.txt'), 'no image');
  const flags = ['--model', 'mobile-unet', '--width', '1', '--size', '32', '--no-background'];
  const unit = ['--max-depth', '10', '--unit', 'm'];
  const imported = await fathom('import', stateDict, at('net.safetensors'), ...flags, ...unit);
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(imported.stdout).toContain('mobile-unet of width 1, 218 tensors');
  expect(await fathom('export', at('net.safetensors'), at('net.onnx'))).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('an exported network', () => {
  it('says what it wants and what it gives', async () => {
    const { network, program } = await readExported(at('net.onnx'));
    expect(network).toEqual({
      ...{ model: 'mobile-unet', width: 1, size: [32, 32], background: false, maxDepth: 10, depthUnit: 'm' },
    });
    expect(program.inputs).toEqual([{ name: 'image', shape: [1, 3, 32, 32], dtype: 'float32' }]);
    const text = readFileSync(at('net.onnx'), 'latin1');
    for (const key of ['image', 'size', 'normalisation', 'threshold', 'maxDepth', 'depthUnit'])
      expect(text).toContain(`fathom.${key}`);
  });

  it('predicts what its checkpoint predicts, image by image of a folder', async () => {
    const predict = (network: string, from: string, out: string) =>
      fathom('predict', at(network), from, '--out', at(out), '--json');
    const fromOnnx = await predict('net.onnx', at('images'), 'p1');
    const fromCheckpoint = await predict('net.safetensors', at('images', 'b.png'), 'p2');
    const lines = fromOnnx.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ image }) => image)).toEqual([at('images', 'a.png'), at('images', 'b.png')]);
    expect(fromCheckpoint.code).toBe(0);
    // The square picture is predicted at the same size by both.
    const pixels = (file: string) => sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    const [one, two] = await Promise.all(['p1', 'p2'].map((out) => pixels(at(out, 'b-depth.png'))));
    const values = (bytes: Buffer) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const worst = values(one).reduce((most, value, i) => Math.max(most, Math.abs(value - values(two)[i])), 0);
    expect(worst).toBeLessThanOrEqual(1);
    expect(await sharp(lines[0].depth).metadata()).toMatchObject({ width: 50, height: 40, depth: 'ushort' });
    expect(await sharp(lines[0].overlay).metadata()).toMatchObject({ width: 50, height: 40, channels: 3 });
    expect((await sharp(lines[0].picture).metadata()).width).toBeGreaterThan(3 * 400);
  });

  it('can take images of another size', async () => {
    const done = await fathom('export', at('net.safetensors'), at('wide.onnx'), '--size', '32x64', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ inputs: [{ shape: [1, 3, 32, 64] }] });
    expect(JSON.parse(done.stdout).difference).toBeLessThan(1e-5);
    const odd = await fathom('export', at('net.safetensors'), at('odd.onnx'), '--size', '30');
    expect(odd).toMatchObject({ code: 2, stderr: 'error: --size: expected multiples of 16, got 30x30\n' });
  });
});

describe('what cannot be predicted with is refused in one clear line', () => {
  it.each([
    [
      'a model that says nothing of its images',
      () => lowerToOnnx({ y: mul(input('x', [1]), 2) }).bytes,
      'does not say how its images are prepared',
    ],
    ['another kind of file', () => Buffer.from('hello'), 'is no ONNX model'],
    ['a cut file', () => readFileSync(at('net.onnx')).subarray(0, 9000), 'is no ONNX model'],
    [
      'a description of another network',
      () => swap(readFileSync(at('net.onnx')), '"size":[32,32]', '"size":[32,48]'),
      'its fathom.network does not fit its inputs and outputs',
    ],
  ])('%s', async (_, bytes, message) => {
    writeFileSync(at('wrong.onnx'), bytes());
    const { code, stderr } = await fathom('predict', at('wrong.onnx'), at('images'), '--out', at('never'));
    expect(code).toBe(3);
    expect(stderr).toContain(`wrong.onnx: ${message}`);
  });

  it('two images of one name', async () => {
    mkdirSync(at('more'));
    await picture(16, 16, 5).toFile(at('more', 'a.png'));
    const { code, stderr } = await fathom('predict', at('net.onnx'), at('images'), at('more'));
    expect(code).toBe(2);
    expect(stderr).toContain('their predictions would have one name');
  });

  it('a folder without images, and weights of another network', async () => {
    mkdirSync(at('empty'));
    expect(await fathom('predict', at('net.onnx'), at('empty'))).toMatchObject({ code: 3 });
    const { code, stderr } = await fathom('import', stateDict, at('never.safetensors'), '--width', '2');
    expect(code).toBe(3);
    expect(stderr).toContain('does not fit resunet of width 2 with background and image');
  });
});

function swap(bytes: Buffer, from: string, to: string): Buffer {
  const index = bytes.indexOf(from);
  expect(index).toBeGreaterThan(0);
  bytes.write(to, index);
  return bytes;
}
