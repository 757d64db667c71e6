/**
 * A study that is killed at random moments, again and again, ends as one that was left alone, to the last bit. Three
 * kills by default; FATHOM_KILLS=20 is what CI runs.
 */
import { spawn } from 'node:child_process';
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

it(`ends in the same numbers after ${kills} kills`, { timeout: 600_000 }, async () => {
  const begun = performance.now();
  expect(await study('undisturbed')).toMatchObject({ code: 0 });
  const whole = performance.now() - begun;

  let killed = 0;
  // Moments spread over the whole study by the golden ratio: a kill can hit start, training, tests and pictures.
  for (let i = 1; killed < kills; i++) {
    const { code, stderr } = await study('killed', whole * ((i * 0.618034) % 1));
    expect(stderr).not.toMatch(/^error:/m);
    // A study that came to its end before the kill is begun anew.
    if (code === null) killed++;
    else rmSync(join(root, 'killed'), { recursive: true });
  }
  const { code, stderr } = await study('killed');
  expect({ code, errors: stderr.match(/^error:.*/gm) }).toEqual({ code: 0, errors: null });
  expect(existsSync(join(root, 'killed', 'lock.json'))).toBe(false);

  for (const { run } of plannedRuns(planStudy(await loadConfig({ set: settings }))))
    expect(await numbersOf(join(root, 'killed', run.folder)), run.folder).toEqual(
      await numbersOf(join(root, 'undisturbed', run.folder)),
    );
});
