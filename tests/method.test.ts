/** What makes a comparison trustworthy, end to end: own losses, weights, protocols, pairing, locks, a full disk. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../src/cli/main.js';
import { lockFolder } from '../src/study/lock.js';
import type { StudyResults } from '../src/study/results.js';
import { readHistory } from '../src/tracking/history.js';

// Whole studies: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 300_000 });

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fathom-method-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tiny = [
  ...['dataset.size=16', 'dataset.count=40', 'dataset.fraction=1', 'model.width=1', 'threads=1'],
  ...['train.batch=8', 'train.epochs=1', 'study.duplicate=false', 'figures.rows=1'],
];

async function study(out: string, settings: readonly string[], file?: string) {
  let [stdout, stderr] = ['', ''];
  const args = ['study', ...(file ? [file] : []), '--out', join(root, out)];
  const code = await run([...args, ...[...tiny, ...settings].flatMap((value) => ['--set', value])], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { FATHOM_CACHE: join(root, 'cache'), NO_COLOR: '1' },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const resultsOf = (out: string) =>
  JSON.parse(readFileSync(join(root, out, 'results.json'), 'utf8')) as StudyResults;

describe('weights and protocols', () => {
  const settings = [
    'study.pairs=[["bce + 0.01*boundary", rmse]]',
    'study.weight=[2, uncertainty]',
    'study.protocol=[as-is, normalised]',
    'study.cosine=3',
  ];

  it('are axes of a study, and leave what they did', async () => {
    const { code, stdout, stderr } = await study('axes', settings);
    expect(stderr).not.toMatch(/^error/m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/uncertainty/);
    const { arms, protocol } = resultsOf('axes');
    expect(protocol).toBe('both');
    const trained = arms.filter(({ kind }) => kind !== 'control');
    expect(trained.map(({ weight, protocol: own }) => `${weight} ${own}`)).toEqual([
      '2 as-is',
      'uncertainty as-is',
      '2 normalised',
      'uncertainty normalised',
    ]);
    for (const { runs, protocol: own } of trained) {
      expect(runs[0].pairing).toEqual(trained[0].runs[0].pairing);
      if (own === 'as-is') expect(runs[0].norms).toBeUndefined();
      // One measurement for each loss, model and seed.
      else expect(runs[0].norms).toEqual(trained[2].runs[0].norms);
      const steps = readHistory(join(root, 'axes', runs[0].folder, 'history.ndjson')).filter(
        (record) => record.kind === 'step',
      );
      expect(steps.map(({ cosine }) => cosine !== undefined)).toEqual(steps.map((_, i) => i % 3 === 0));
      expect(steps.every(({ weights }) => weights?.length === 2)).toBe(true);
    }
    const norms = trained[2].runs[0].norms!;
    const first = (arm: number) =>
      readHistory(join(root, 'axes', trained[arm].runs[0].folder, 'history.ndjson'))[0];
    expect(first(2).depthLoss * norms.depth).toBeCloseTo(first(0).depthLoss, 4);
    expect(first(2).segmentationLoss * norms.segmentation).toBeCloseTo(first(0).segmentationLoss, 4);
  });

  it('refuses to compare runs that began differently, and names them', async () => {
    const copy = join(root, 'unpaired');
    cpSync(join(root, 'axes'), copy, { recursive: true });
    const { arms } = resultsOf('axes');
    const file = join(copy, arms[1].runs[0].folder, 'status.json');
    const status = JSON.parse(readFileSync(file, 'utf8'));
    status.pairing.batchOrder = 'another';
    writeFileSync(file, JSON.stringify(status));
    const { code, stderr } = await study('unpaired', settings);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `arms ${arms[0].name} and ${arms[1].name} cannot be compared: with seed 0 their order`,
    );
  });
});

describe('a study in an old folder', () => {
  it('names the keys that have changed', async () => {
    const pairs = 'study.pairs=[["bce + 0.01*boundary", rmse]]';
    const { code, stderr } = await study('axes', [
      ...[pairs, 'study.weight=[2, uncertainty]', 'study.protocol=[as-is, normalised]'],
      ...['train.batch=4', 'train.optimizer.lr=0.02'],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('train.batch was 8, is 4; train.optimizer.lr was 0.01, is 0.02');
  });

  it('is refused while another process works there', async () => {
    const release = await lockFolder(join(root, 'busy'));
    const { code, stderr } = await study('busy', ['study.pairs=[[bce, rmse]]']);
    await release();
    expect(code).toBe(2);
    expect(stderr).toContain(`process ${process.pid} has been working here since`);
  });
});

describe('losses of one’s own', () => {
  const loss = (factor: number, build = 'graph.square(graph.sub(graph.sigmoid(logits), target))') =>
    `import { defineLoss, graph, pixelMean } from 'fathom';
import { z } from 'zod';
export const mine = defineLoss({
  name: 'mine', task: 'depth', summary: 'scaled squares', source: 'here', options: z.strictObject({}),
  evaluate: ({ logits, target, valid }) => graph.mul(pixelMean(${build}, valid), ${factor}),
});\n`;
  const write = (text: string) => {
    writeFileSync(join(root, 'mine.ts'), text);
    const file = join(root, 'own.yaml');
    writeFileSync(file, 'losses: [mine.ts]\nstudy: { pairs: [[bce, mine], [bce, l1]] }\n');
    return file;
  };

  it('train like built-in ones; a change in their file is a change of the study', async () => {
    const { code, stderr } = await study('own', [], write(loss(2)));
    expect(stderr).not.toMatch(/^error/m);
    expect(code).toBe(0);
    expect((await study('own', [], write(loss(2)))).stderr).toContain('kept');
    const changed = await study('own', [], write(loss(3)));
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain(
      `bce__mine/seed-0: holds a run of another configuration: ${join(root, 'mine.ts')} has changed`,
    );
  });

  it('that break at the size of the data fail their arm, and the study goes on', async () => {
    const odd = "(() => { if (logits.shape[0] === 8) throw new Error('not eight'); return logits; })()";
    const { code, stderr } = await study('broken', [], write(loss(1, odd)));
    expect(code).toBe(4);
    expect(stderr).toContain('1 of 2 runs failed');
    const [broken, sound] = resultsOf('broken').arms;
    expect(broken.runs[0]).toMatchObject({ status: 'failed', cause: expect.stringContaining('not eight') });
    expect(sound.runs[0].status).not.toBe('failed');
  });
});

describe('a full disk', () => {
  it.skipIf(!existsSync('/dev/full'))(
    'ends in one clear line, and the study continues afterwards',
    async () => {
      const pairs = ['study.pairs=[[bce, rmse]]'];
      const folder = join(root, 'full', 'bce__rmse', 'seed-0');
      mkdirSync(folder, { recursive: true });
      // Writing to it fails as on a full disk.
      symlinkSync('/dev/full', join(folder, 'log.txt'));
      const { code, stderr } = await study('full', pairs);
      expect(code).toBe(3);
      expect(stderr.match(/^error:.*/gm)).toEqual([
        `error: ${join(folder, 'log.txt')}: cannot be written (ENOSPC)`,
      ]);
      expect(stderr).toContain('free some disk space');
      expect(JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8')).state).not.toBe('failed');
      rmSync(join(folder, 'log.txt'));
      expect((await study('full', pairs)).code).toBe(0);
    },
  );
});

describe('the factorial', () => {
  it('of all pairs with five seeds runs from end to end', async () => {
    const { code, stderr } = await study('factorial', [
      ...['study.pairs=factorial', 'study.segmentation=[bce, dice]', 'study.depth=[rmse, l1]'],
      ...['study.seeds=5', 'study.duplicate=true', 'dataset.count=24'],
    ]);
    expect(stderr).not.toMatch(/^error/m);
    expect(code).toBe(0);
    const { arms, seeds, comparison } = resultsOf('factorial');
    expect(seeds).toHaveLength(5);
    expect(arms.map(({ kind }) => kind)).toEqual([
      ...['pair', 'pair', 'pair', 'pair', 'duplicate', 'control', 'control'],
    ]);
    expect(comparison?.metrics.miou.effects?.[0].interaction).toHaveLength(2);
  });
});
