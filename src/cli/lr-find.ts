/** `fathom lr-find`: a learning-rate range test with a plot and a suggestion. */
import { FathomError } from '../errors.js';
import {
  type ConfigFlags,
  loadStudyConfig,
  type PairFlags,
  pairOverride,
  withConfigFlags,
  withPairFlags,
} from './config-flags.js';
import type { CliContext, Register } from './context.js';
import { integerFlag, positiveFlag } from './number-flags.js';
import { cacheFolder } from './study.js';

interface LrFindFlags extends ConfigFlags, PairFlags {
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds `fathom lr-find` to the program. */
export const register: Register = (program, context) => {
  const command = program
    .command('lr-find')
    .description('train under a growing learning rate and suggest one')
    .argument('[config]', 'a YAML file; without it, the synthetic rooms');
  withPairFlags(withConfigFlags(command))
    .option('--steps <count>', 'training steps', integerFlag('steps', 10), 120)
    .option('--from <rate>', 'first learning rate', positiveFlag('from'), 1e-5)
    .option('--to <rate>', 'last learning rate', positiveFlag('to'), 1)
    .option('--out <file>', 'the plot to write', 'lr-find.png')
    .option('--json', 'print the suggestion and every step as JSON')
    .action(async (file: string | undefined, flags: LrFindFlags) => lrFind(file, flags, context));
};

async function lrFind(file: string | undefined, flags: LrFindFlags, context: CliContext): Promise<void> {
  const { steps, from: low, to: high, out, json, set = [] } = flags;
  if (low >= high) throw new FathomError('usage', `--to: expected a rate above --from ${low}, got ${high}`);
  const [{ testLearningRates }, { suggestRates }, figures, { renderPng }, { writeFileWhole }, bars] =
    await Promise.all([
      import('../study/learning-rate.js'),
      import('../train/learning-rate-range.js'),
      import('../figures/rate-curve.js'),
      import('../figures/render.js'),
      import('../train/write-file.js'),
      import('./progress.js'),
    ]);
  const config = await loadStudyConfig(file, { ...flags, set: [...set, ...pairOverride(flags)] }, context);
  const { stderr, stdout, env, signal } = context;
  const bar = bars.createProgress({ stream: stderr, total: steps, label: 'lr-find', env });
  const test = await testLearningRates({
    ...{ config, cache: cacheFolder(context), low, high, steps, signal },
    onStep: ({ rate, loss }, step) =>
      bar.update(step, `rate ${rate.toExponential(1)}  loss ${loss.toFixed(4)}`),
  }).finally(() => bar.done());
  const { arm, seed, points, divergedAt } = test;
  const { steepest, tenthOfMinimum, smoothed } = suggestRates(test);
  const svg = figures.rateCurve({
    title: `Learning-rate range test: ${arm.segmentation} · ${arm.depth}`,
    subtitle: `${arm.label} of width ${arm.model.width}, ${config.train.optimizer.kind}, batch ${config.train.batch}, seed ${seed}; light: every step, dark: smoothed`,
    ...{ points, smoothed, divergedAt },
    marked: [
      { rate: steepest, label: `steepest descent ${shown(steepest)}` },
      { rate: tenthOfMinimum, label: `minimum / 10: ${shown(tenthOfMinimum)}` },
    ],
  });
  await writeFileWhole(out, await renderPng(svg));
  // A peak may be high; a rate that is kept must not be.
  const suggestion =
    config.train.schedule.kind === 'one-cycle'
      ? { key: 'train.schedule.maxLr', rate: tenthOfMinimum }
      : { key: 'train.optimizer.lr', rate: steepest };
  if (json) {
    stdout.write(
      `${JSON.stringify({ steepest, tenthOfMinimum, divergedAt, suggestion, plot: out, points })}\n`,
    );
    return;
  }
  const line = (name: string, text: string) => stdout.write(`${name.padEnd(18)} ${text}\n`);
  line('steepest descent', shown(steepest));
  line('minimum / 10', shown(tenthOfMinimum));
  if (divergedAt !== undefined) line('diverges at', shown(divergedAt));
  line('plot', out);
  line('use it', `--set ${suggestion.key}=${shown(suggestion.rate)}`);
}

/** Two digits are more than a range test knows. */
const shown = (rate: number): string => String(Number(rate.toPrecision(2)));
