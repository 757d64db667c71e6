/** `fathom data stats`: mean and standard deviation of every channel. */
import type { Moments } from '../data/inspect/moments.js';
import type { CliContext, Register } from './context.js';
import { integerFlag } from './number-flags.js';
import { createProgress } from './progress.js';

interface StatsFlags {
  readonly limit?: number;
  readonly json?: boolean;
}

/** Adds `fathom data stats` to its family. */
export const registerStats: Register = (family, context) => {
  family
    .command('stats')
    .description(
      'mean and standard deviation of each channel of images, backgrounds, masks and depth, all in 0-1',
    )
    .argument('<path>', 'a folder, .zip or .mat file, or a .yaml configuration')
    .option('--limit <samples>', 'samples to read, spread evenly; all unless given', integerFlag('limit'))
    .option('--json', 'print JSON')
    .action(async (path: string, flags: StatsFlags) => stats(path, flags, context));
};

async function stats(path: string, { limit, json }: StatsFlags, context: CliContext): Promise<void> {
  const [{ openInspected, assertReadable }, { surveyDataset }, { deviation }, { spread }] = await Promise.all(
    [
      import('./inspected.js'),
      import('../data/inspect/survey.js'),
      import('../data/inspect/moments.js'),
      import('../train/test-run.js'),
    ],
  );
  const { dataset } = await openInspected(path, context);
  const { stdout, stderr, env, signal } = context;
  try {
    const all = Array.from({ length: dataset.length }, (_, i) => i);
    const indices = spread(all, limit ?? dataset.length);
    const progress = createProgress({ stream: stderr, total: indices.length, label: 'reading', env });
    const onProgress = (done: number) => progress.update(done);
    const survey = await surveyDataset(dataset, { indices, onProgress, signal }).finally(() =>
      progress.done(),
    );
    assertReadable(path, survey.read, survey.broken);
    const of = (moments: readonly Moments[], range: number) => ({
      mean: moments.map(({ mean }) => mean / range),
      std: moments.map((channel) => deviation(channel) / range),
    });
    const rows = {
      image: of(survey.image, 255),
      ...(survey.background && { background: of(survey.background, 255) }),
      mask: of([survey.mask], 255),
      depth: of([survey.depth], 1),
    };
    const { read, broken } = survey;
    if (json) stdout.write(`${JSON.stringify({ samples: read, broken: broken.length, ...rows })}\n`);
    else {
      for (const [name, { mean, std }] of Object.entries(rows))
        for (const [kind, values] of Object.entries({ mean, std }))
          stdout.write(
            `${name.padEnd(10)} ${kind.padEnd(4)} ${values.map((value) => value.toFixed(6)).join('  ')}\n`,
          );
      const left =
        broken.length > 0 ? `; ${broken.length} broken ones left out (see fathom data inspect)` : '';
      stdout.write(`${read} samples at ${dataset.width}×${dataset.height}, pixels that count${left}\n`);
    }
  } finally {
    await dataset.close?.();
  }
}
