/** Whole studies through the command line, small enough for a test: what they leave behind, and what they survive. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../src/cli/main.js';
import { loadConfig } from '../src/config/index.js';
import { FathomError } from '../src/errors.js';
import { executeStudy } from '../src/study/execute.js';
import type { StudyResults } from '../src/study/results.js';
import type { RunOutcome } from '../src/train/run-folder.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fathom-study-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tiny = [
  ...['dataset.size=32', 'dataset.count=48', 'dataset.fraction=1', 'model.width=2'],
  ...['train.batch=8', 'train.epochs=2', 'study.duplicate=false', 'figures.rows=2'],
];
const twoPairs = [...tiny, 'study.pairs=[[bce-dice, rmse], [bce, bce]]'];

/** Runs a command line in the test's folder. */
async function fathom(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await run(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { FATHOM_CACHE: join(root, 'cache'), NO_COLOR: '1' },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const study = (out: string, settings: readonly string[], ...more: string[]) =>
  fathom('study', '--out', join(root, out), ...settings.flatMap((value) => ['--set', value]), ...more);

const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

/** What must not differ between repetitions: the metrics of every run, and every loss on the way. */
function numbersOf(folder: string) {
  const results = JSON.parse(read(folder, 'results.json')) as StudyResults;
  return results.arms.map(({ name, kind, runs }) => ({
    name,
    metrics: runs.map((one) => one.metrics),
    losses: runs.map((one) =>
      kind === 'control'
        ? []
        : read(folder, one.folder, 'history.ndjson')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line))
            .map(({ step, loss, validation }) => ({ step, loss, validation })),
    ),
  }));
}

describe('a study', () => {
  it('trains every pair, prints the comparison and leaves everything it promises', async () => {
    const { code, stdout, stderr } = await study('first', twoPairs);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toMatch(/bce-dice +rmse +0\.\d{4}/);
    expect(stdout).toMatch(/bce +bce +0\.\d{4}/);
    expect(stdout).toContain('predict everything');
    expect(stderr).toMatch(/time +\d+\.\d s: steps/);
    const { time } = JSON.parse(read('first', 'results.json')) as StudyResults;
    const { total, ...parts } = time!;
    expect(Math.min(...Object.values(parts))).toBeGreaterThan(0);
    expect(Object.values(parts).reduce((a, b) => a + b)).toBeCloseTo(total, 6);
    const arm = ['first', 'bce-dice__rmse', 'seed-0'];
    for (const file of [
      ...['config.yaml', 'environment.json', 'status.json', 'history.ndjson', 'test.ndjson', 'log.txt'],
      ...['checkpoints/best.safetensors', 'checkpoints/last.safetensors', 'samples/epoch-001.png'],
      ...['samples/epoch-002.png', 'predictions.png', 'curves.png', 'curves.svg'],
    ])
      expect(existsSync(join(root, ...arm, file)), file).toBe(true);
    for (const file of [
      ...['study.yaml', 'plan.json', 'results.json', 'table.csv', 'table.tex', 'report.md', 'report.html'],
      ...['controls/predict-nothing/test.ndjson', 'figures/errors-1.png', 'figures/pareto.svg'],
      ...['figures/comparison.png', 'figures/curves.svg', 'figures/overview.png'],
      'figures/bce-dice__rmse-predictions.png',
    ])
      expect(existsSync(join(root, 'first', file)), file).toBe(true);
    const { width, height } = await sharp(join(root, ...arm, 'predictions.png')).metadata();
    expect(Math.min(width, height)).toBeGreaterThan(300);
    expect(
      read(...arm, 'test.ndjson')
        .trimEnd()
        .split('\n'),
    ).toHaveLength(8);
    expect(read(...arm, 'log.txt')).toMatch(/ 2\/2 +8 /);
    const report = read('first', 'report.md');
    for (const [, image] of report.matchAll(/!\[.*?\]\((.*?)\)/g))
      expect(existsSync(join(root, 'first', decodeURIComponent(image))), image).toBe(true);
  });

  it('is the same to the last bit when repeated, with other arms beside it', async () => {
    const more = [...tiny, 'study.pairs=[[dice, l1], [bce-dice, rmse], [bce, bce]]'];
    expect((await study('second', more)).code).toBe(0);
    const first = numbersOf('first');
    const second = numbersOf('second');
    expect(second).toEqual(expect.arrayContaining(first));
    expect(second).toHaveLength(first.length + 1);
  });

  it('ends in the same numbers after being stopped in the middle of an epoch', async () => {
    const config = await loadConfig({ set: twoPairs });
    const folder = join(root, 'stopped');
    const controller = new AbortController();
    const ended: RunOutcome[] = [];
    const stopped = executeStudy({
      ...{ config, folder, cache: join(root, 'cache'), signal: controller.signal },
      observer: {
        run: () => ({
          step: ({ step }) => {
            if (step === 6) controller.abort(new FathomError('interrupted', 'interrupted'));
          },
          done: (outcome) => ended.push(outcome),
        }),
      },
    });
    const error = await stopped.catch((reason: Error) => reason);
    expect(ended).toEqual([]);
    expect(error).toMatchObject({ code: 'interrupted' });
    const status = JSON.parse(read('stopped', 'bce-dice__rmse', 'seed-0', 'status.json'));
    expect(status.state).toBe('interrupted');
    const { code, stderr } = await study('stopped', twoPairs);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(read('stopped', 'bce-dice__rmse', 'seed-0', 'log.txt')).toContain('continues after epoch 1');
    expect(numbersOf('stopped')).toEqual(numbersOf('first'));
  });

  it('keeps finished runs, refuses another configuration, and rebuilds its report from the files', async () => {
    const before = read('first', 'results.json');
    const page = read('first', 'report.html');
    const again = await study('first', twoPairs);
    expect(again.stderr).toContain('kept');
    expect(read('first', 'results.json')).toBe(before);

    const other = await study('first', [...twoPairs, 'train.epochs=3']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('holds a run of another configuration');

    rmSync(join(root, 'first', 'figures'), { recursive: true });
    rmSync(join(root, 'first', 'results.json'));
    expect((await fathom('report', join(root, 'first'))).code).toBe(0);
    expect(read('first', 'results.json')).toBe(before);
    expect(read('first', 'report.html')).toBe(page);
    expect(existsSync(join(root, 'first', 'figures', 'overview.png'))).toBe(true);

    writeFileSync(join(root, 'first', 'plan.json'), '{"arms": [');
    const damaged = await fathom('report', join(root, 'first'));
    expect(damaged.code).toBe(3);
    expect(damaged.stderr).toMatch(
      /^error: .*plan\.json: is not JSON: .*\nhint: it was changed or copied in part/m,
    );
    rmSync(join(root, 'first', 'plan.json'));
    const absent = await fathom('report', join(root, 'first'));
    expect(absent.stderr).toMatch(/plan\.json: no such file\nhint: give the folder of a study/);
  });

  it('records an arm that diverges and goes on', async () => {
    const infinite = `"${'1e6*'.repeat(7)}bce"`;
    const { code, stdout, stderr } = await study('failing', [
      ...tiny,
      `study.pairs=[[${infinite}, rmse], [bce, bce]]`,
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain('1 of 2 runs failed');
    expect(stdout).toContain('failed: ');
    const { arms } = JSON.parse(read('failing', 'results.json')) as StudyResults;
    expect(arms[0].runs[0].status).toBe('failed');
    expect(arms[1].summary.miou.mean).toBeGreaterThanOrEqual(0);
    expect(arms[0].runs[0].cause).toMatch(/^segmentation loss became (NaN|infinite) at step 1$/);
  });

  it('compares models side by side', async () => {
    const settings = [
      ...tiny,
      'models=[resunet-wide, resunet]',
      'study.pairs=[[bce-dice, rmse]]',
      'train.epochs=1',
    ];
    const { code, stdout } = await study('capacity', settings);
    expect(code).toBe(0);
    expect(stdout).toContain('resunet-wide');
    expect(existsSync(join(root, 'capacity', 'figures', 'models-1.png'))).toBe(true);
  });
});

describe('a trained network', () => {
  const trained = () => join(root, 'first', 'bce-dice__rmse', 'seed-0');

  it('is exported as ONNX that agrees with the evaluation', async () => {
    const file = join(root, 'network.onnx');
    const { code, stdout } = await fathom('export', trained(), file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).difference).toBeLessThan(1e-5);
    expect(existsSync(file)).toBe(true);
  });

  it('predicts a picture at its own size', async () => {
    const picture = join(root, 'picture.png');
    await sharp({ create: { width: 90, height: 50, channels: 3, background: '#a86' } })
      .png()
      .toFile(picture);
    const refused = await fathom('predict', trained(), picture);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--background');
    const out = join(root, 'predictions');
    const done = await fathom('predict', trained(), picture, '--background', picture, '--out', out, '--json');
    expect(done.code).toBe(0);
    const { depth, mask } = JSON.parse(done.stdout);
    expect(await sharp(depth).metadata()).toMatchObject({ width: 90, height: 50, depth: 'ushort' });
    expect(await sharp(mask).metadata()).toMatchObject({ width: 90, height: 50, depth: 'uchar' });
  });

  it('is not taken from a damaged file', async () => {
    const file = join(root, 'damaged.safetensors');
    writeFileSync(file, readFileSync(join(trained(), 'checkpoints', 'best.safetensors')).subarray(0, 5000));
    const { code, stderr } = await fathom('export', file, join(root, 'never.onnx'));
    expect(code).toBe(3);
    expect(stderr).toContain('damaged.safetensors: truncated');
    expect(existsSync(join(root, 'never.onnx'))).toBe(false);
  });
});

describe('a mistake gets one clear line, its exit code, and leaves nothing behind', () => {
  it.each([
    ['an unknown loss', ['study.pairs=[[bce, rmsee]]'], 2, "did you mean 'rmse'"],
    ['an option out of range', ['study.pairs=[["bce(labelSmoothing=2)", rmse]]'], 2, 'labelSmoothing'],
    ['a size that the network cannot halve', ['dataset.size=50'], 2, 'multiple of 16'],
    ['a batch larger than the data', ['train.batch=4000'], 2, 'train.batch'],
    ['a typo in a key', ['train.epoch=3'], 2, "did you mean 'epochs'"],
    [
      'a folder that is not there',
      ['dataset={kind: folder, path: /no/such/folder, depth: {scale: 1, maxDepth: 255}}'],
      3,
      '/no/such/folder',
    ],
  ])('%s', async (_, settings, expected, message) => {
    const { code, stderr, stdout } = await study('mistake', settings);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.split('\n').filter((line) => line.startsWith('error:'))).toHaveLength(1);
    expect(existsSync(join(root, 'mistake'))).toBe(false);
  });
});
