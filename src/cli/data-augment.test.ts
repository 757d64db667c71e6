import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import { run } from './main.js';

const tiny = ['dataset.size=32', 'dataset.count=24', 'dataset.fraction=1'];

async function augment(...args: string[]) {
  let stderr = '';
  const sets = tiny.flatMap((value) => ['--set', value]);
  const code = await run(['data', 'augment', ...sets, ...args], {
    stdout: { write: () => {} },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, stderr };
}

it('draws a row a sample and a group of columns an epoch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-augment-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const size = async (rows: number, epochs: number) => {
    const out = join(folder, `${rows}-${epochs}.png`);
    const flags = ['--rows', `${rows}`, '--epochs', `${epochs}`, '--out', out];
    expect(await augment('--set', 'train.augment=standard', ...flags)).toEqual({ code: 0, stderr: '' });
    return sharp(out).metadata();
  };
  const [small, tall, wide] = [await size(1, 1), await size(2, 1), await size(1, 2)];
  // Panels of 32 pixels are magnified six times; a row has its caption, a column its gap.
  expect(tall.height - small.height).toBe(192 + 40);
  expect(wide.width - small.width).toBe(4 * 192 + 2 * (3 * 6 + 18));
});

it('says how to switch augmentation on', async () => {
  expect(await augment()).toEqual({
    code: 2,
    stderr:
      'error: train.augment: the configuration has none\nhint: add --set train.augment=standard, or the key to the file\n',
  });
  const { code, stderr } = await augment('--set', 'train.augment={scale: [2, 1]}');
  expect(code).toBe(2);
  expect(stderr).toContain(
    'train.augment.scale: expected a range such as [1, 1.5], from 1 to at most 4, got [2, 1]',
  );
});
