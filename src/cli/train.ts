/** `fathom train`: one run, new or continued. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
import { cacheFolder } from './study.js';

interface TrainFlags extends ConfigFlags, PairFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

/** Adds `fathom train` to the program. */
export const register: Register = (program, context) => {
  const command = program
    .command('train')
    .description('train one pair of losses: the first of the configuration, or the one given')
    .argument('[config]', 'a YAML file; without it, the synthetic rooms');
  withPairFlags(withConfigFlags(command))
    .option('--out <folder>', "the run's folder (default: as in a study)")
    .option('--resume <run>', 'continue the run in this folder with its own configuration')
    .option('--json', 'print the outcome as JSON')
    .action(async (file: string | undefined, flags: TrainFlags) => train(file, flags, context));
};

/** The configuration and folder that the flags ask for. */
function target(
  file: string | undefined,
  flags: TrainFlags,
): { file?: string; set: string[]; folder?: string } {
  const { set = [], segmentation, depth, resume, out } = flags;
  if (resume !== undefined) {
    const own = join(resume, 'config.yaml');
    if (file !== undefined || set.length > 0 || segmentation || depth || out)
      throw new FathomError('usage', '--resume: takes no other configuration', {
        hint: 'a run continues as it began; start another one to change something',
      });
    if (!existsSync(own))
      throw new FathomError('data', `${own}: no such file`, {
        hint: 'give the folder of a run that has begun',
      });
    return { file: own, set: [], folder: resume };
  }
  return { file, set: [...set, ...pairOverride(flags)], folder: out };
}

async function train(file: string | undefined, flags: TrainFlags, context: CliContext): Promise<void> {
  const [{ executeFirstRun }, { planStudy, plannedRuns }, { displayStudy }] = await Promise.all([
    import('../study/execute.js'),
    import('../study/plan.js'),
    import('./study-display.js'),
  ]);
  const wanted = target(file, flags);
  const config = await loadStudyConfig(wanted.file, { ...flags, set: wanted.set }, context);
  const plan = planStudy(config);
  const { arm, run } = plannedRuns(plan)[0];
  const folder = wanted.folder ?? join('runs', config.name, run.folder);
  const single = { ...plan, arms: [{ ...arm, runs: [run] }] };
  let depthUnit = '';
  const observer = displayStudy(context, single, ({ dataset }) => {
    depthUnit = dataset.depthUnit;
  });
  const { signal } = context;
  const options = { config, folder, cache: cacheFolder(context), observer, signal };
  const outcome = await executeFirstRun(options).finally(() => observer.done());
  if (flags.json) context.stdout.write(`${JSON.stringify({ folder, ...outcome }, null, 2)}\n`);
  else {
    const { metricInfos } = await import('../metrics/info.js');
    for (const { name, label, unit, digits, meaning } of metricInfos) {
      const value = outcome.metrics[name];
      const shown = unit === 'depth' ? `${label} (${depthUnit})` : label;
      if (value !== undefined && (unit !== 'depth' || depthUnit))
        context.stdout.write(`${shown.padEnd(20)} ${value.toFixed(digits)}   ${meaning}\n`);
    }
  }
  context.stderr.write(`run      ${folder}\n`);
  if (outcome.status === 'failed')
    throw new FathomError('failed-arms', outcome.cause ?? 'the run failed', {
      hint: 'lower the learning rate, or set train.clipNorm',
    });
}
