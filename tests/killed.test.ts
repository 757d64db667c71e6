/**
 * A study that is killed at random moments, again and again, ends as one that was left alone, to the last bit. Three
 * kills by default; FATHOM_KILLS=20 is what CI runs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../src/config/index.js';
import { plannedRuns, planStudy } from '../src/study/plan.js';
import { readCheckpoint } from '../src/train/checkpoint.js';

const kills = Number(process.env.FATHOM_KILLS || 3);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fathom-killed-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settings = [
  ...['dataset.size=16', 'dataset.count=40', 'dataset.fraction=1', 'model.width=1', 'threads=1'],
  ...['train.batch=4', 'train.epochs=4', 'study.duplicate=false', 'figures.rows=1', 'study.cosine=0'],
  ...['study.pairs=[[bce-dice, rmse]]', 'study.weight=[2, famo]', 'train.schedule={kind: constant}'],
];

const launcher = fileURLToPath(new URL('../bin/fathom.js', import.meta.url));

/** Runs the study to its end, or kills it after a while; the exit code, or null after a kill. */
function study(out: string, killAfterMs?: number): Promise<{ code: number | null; stderr: string }> {
  const args = ['study', '--out', join(root, out), ...settings.flatMap((value) => ['--set', value])];
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...process.env, FATHOM_CACHE: join(root, `${out}-cache`), NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve) =>
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve({ code, stderr });
    }),
  );
}

/** Everything of a run that must not depend on what happened on the way; times are left out. */
async function numbersOf(folder: string) {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const history = text('history.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0, stepMs: 0, waitMs: 0 }));
  const { outcome } = JSON.parse(text('status.json'));
  const weights = await Promise.all(
    ['best', 'last'].map(async (name) => {
      const { tensors, progress } = await readCheckpoint(join(folder, 'checkpoints', `${name}.safetensors`));
      return { tensors, progress: { ...progress, seconds: 0 } };
    }),
  );
  return { history, test: text('test.ndjson'), metrics: outcome.metrics, best: outcome.bestEpoch, weights };
}

const runs = async () =>
  plannedRuns(planStudy(await loadConfig({ set: settings }))).map(({ run }) => run.folder);

const isDone = (folder: string) => {
  const status = join(root, 'killed', folder, 'status.json');
  return existsSync(status) && JSON.parse(readFileSync(status, 'utf8')).outcome?.status !== undefined;
};

it(`ends in the same numbers after ${kills} kills`, { timeout: 120_000 + 90_000 * kills }, async () => {
  // The launcher builds what is out of date, which is no part of a study.
  spawnSync(process.execPath, [launcher, '--version']);
  const begun = performance.now();
  expect(await study('undisturbed')).toMatchObject({ code: 0 });
  const whole = performance.now() - begun;
  const folders = await runs();
  const expected = await Promise.all(folders.map((folder) => numbersOf(join(root, 'undisturbed', folder))));
  const compare = async () =>
    expect(await Promise.all(folders.map((folder) => numbersOf(join(root, 'killed', folder))))).toEqual(
      expected,
    );

  for (let killed = 0; killed < kills; ) {
    // Spread by the golden ratio: kills hit the start, training, validation, test and pictures of a study.
    const { code, stderr } = await study('killed', 0.75 * whole * (((killed + 1) * 0.618034) % 1));
    expect(stderr).not.toMatch(/^error:/m);
    if (code === null) killed++;
    // Once every run has ended, a kill can only hit the report: the next study begins anew.
    if (killed < kills && folders.every(isDone)) {
      await compare();
      rmSync(join(root, 'killed'), { recursive: true });
    }
  }
  const { code, stderr } = await study('killed');
  expect({ code, errors: stderr.match(/^error:.*/gm) }).toEqual({ code: 0, errors: null });
  expect(existsSync(join(root, 'killed', 'lock.json'))).toBe(false);
  await compare();
});
