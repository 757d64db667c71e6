/** What surrounds a run, through the command line: early stopping and the learning-rate range test. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { run } from '../src/cli/main.js';

// Time enough on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fathom-craft-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs a command line with small rooms and a small network. */
async function fathom(command: string, settings: readonly string[], ...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const tiny = [
    'dataset.size=32',
    'dataset.count=48',
    'dataset.fraction=1',
    'model.width=2',
    'train.batch=8',
  ];
  const sets = [...tiny, ...settings].flatMap((value) => ['--set', value]);
  const code = await run([command, ...sets, ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { FATHOM_CACHE: join(root, 'cache'), NO_COLOR: '1' },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

it('stops early, says so, and does not go on when it is started again', async () => {
  const folder = join(root, 'early');
  const settings = [
    ...['train.epochs=40', 'train.earlyStop.patience=1', 'train.augment=standard'],
    ...['train.schedule.kind=constant', 'train.optimizer.lr=0.05'],
  ];
  const train = () => fathom('train', settings, '--out', folder, '--json');
  const first = await train();
  expect(first.code).toBe(0);
  const { bestEpoch, stoppedAfter, metrics } = JSON.parse(first.stdout);
  expect(stoppedAfter).toBe(bestEpoch + 1);
  expect(stoppedAfter).toBeLessThan(40);
  expect(first.stderr).toContain(
    `stopped after epoch ${stoppedAfter}: nothing better since epoch ${bestEpoch}`,
  );
  const epochs = () => readFileSync(join(folder, 'history.ndjson'), 'utf8').match(/"kind":"epoch"/g);
  expect(epochs()).toHaveLength(stoppedAfter);

  // As if killed before the test images were read.
  const statusFile = join(folder, 'status.json');
  const { outcome: _, ...status } = JSON.parse(readFileSync(statusFile, 'utf8'));
  writeFileSync(statusFile, JSON.stringify({ ...status, state: 'running' }));
  const second = JSON.parse((await train()).stdout);
  expect(second).toMatchObject({ stoppedAfter, bestEpoch, metrics });
  expect(epochs()).toHaveLength(stoppedAfter);
});

it('tests learning rates, draws the curve and gives the setting to paste', async () => {
  const out = join(root, 'rates.png');
  const flags = ['--steps', '40', '--from', '1e-4', '--to', '10', '--out', out];
  const { code, stdout } = await fathom('lr-find', [], ...flags, '--segmentation', 'dice', '--depth', 'l1');
  expect(code).toBe(0);
  const rate = /use it +--set train\.schedule\.maxLr=(\S+)/.exec(stdout)?.[1];
  expect(Number(rate)).toBeGreaterThan(1e-5);
  expect(stdout).toContain(`minimum / 10       ${rate}`);
  expect(await sharp(out).metadata()).toMatchObject({ format: 'png', width: 1520 });
});

it('explains learning rates that make no test', async () => {
  const out = join(root, 'none.png');
  const wrong = await fathom('lr-find', [], '--from', '1', '--to', '0.1', '--out', out);
  expect(wrong).toMatchObject({ code: 2, stderr: 'error: --to: expected a rate above --from 1, got 0.1\n' });
  const huge = await fathom('lr-find', [], '--from', '1e4', '--to', '1e9', '--out', out);
  expect(huge.code).toBe(4);
  expect(huge.stderr).toMatch(/error: the loss (left all bounds after|never falls)/);
  expect(existsSync(out)).toBe(false);
});
