/**
 * What a study adds to its training steps: carries one out from a cold cache in a temporary folder and prints where the time
 * went. Arguments are those of `fathom study`.
 *
 *   node bench/study.mjs
 *   node bench/study.mjs examples/nyu.yaml
 *   node bench/study.mjs --set study.seeds=5
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fathom = fileURLToPath(new URL('../bin/fathom.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-'));
try {
  const out = join(folder, 'study');
  const { status } = spawnSync(process.execPath, [fathom, 'study', ...process.argv.slice(2), '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, FATHOM_CACHE: join(folder, 'cache') },
  });
  if (status !== 0) process.exit(status ?? 1);
  const time = JSON.parse(readFileSync(join(out, 'time.json'), 'utf8'));
  const { arms } = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8'));
  const steps = arms
    .flatMap(({ runs }) => runs)
    .flatMap((run) =>
      readFileSync(join(out, run.folder, 'history.ndjson'), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'step');
  const waited = steps.reduce((sum, { waitMs }) => sum + waitMs, 0) / 1000;
  const own = time.data + time.sessions + time.other;
  const rows = [
    [`${steps.length} steps`, time.steps],
    ['validation and test', time.validation],
    ['data: read, decoded and checked once, before training', time.data - waited],
    ['data: steps that waited for their batch', waited],
    ['sessions', time.sessions],
    ['start, figures and files', time.other],
    ['the study’s own work: data, sessions, start, figures and files', own],
    ['total', time.total],
  ];
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  console.log('| what | s | % of the steps |\n|---|---|---|');
  for (const [what, seconds] of rows)
    console.log(`| ${what} | ${seconds.toFixed(1)} | ${((100 * seconds) / time.steps).toFixed(1)} |`);
} finally {
  rmSync(folder, { recursive: true });
}
