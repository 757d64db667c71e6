/** `fathom study`: trains every arm of a study and prints the comparison. */
import { join } from 'node:path';
import { FathomError } from '../errors.js';
import type { OpenedData } from '../study/open-data.js';
import type { StudyResults } from '../study/results.js';
import { type ConfigFlags, loadStudyConfig, withConfigFlags } from './config-flags.js';
import type { CliContext, Register } from './context.js';

interface StudyFlags extends ConfigFlags {
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Where decoded samples are kept. */
export const cacheFolder = ({ env }: Pick<CliContext, 'env'>): string =>
  env.FATHOM_CACHE || join('.fathom', 'cache');

/** Adds `fathom study` to the program. */
export const register: Register = (program, context) => {
  const command = program
    .command('study')
    .description('train the network under every pair of losses and compare them')
    .argument('[config]', 'a YAML file; without it, the ten published pairs on synthetic rooms');
  withConfigFlags(command)
    .option('--out <folder>', 'where the study lies (default: runs/<name>)')
    .option('--dry-run', 'print the plan with an estimate of its time, and stop')
    .option('--json', 'print results.json instead of the table')
    .action(async (file: string | undefined, flags: StudyFlags) => study(file, flags, context));
};

async function study(file: string | undefined, flags: StudyFlags, context: CliContext): Promise<void> {
  const startedAt = performance.now();
  const [{ executeStudy }, { planStudy }, { withPictures }, { displayStudy, introduction }, { createClock }] =
    await Promise.all([
      import('../study/execute.js'),
      import('../study/plan.js'),
      import('../study/pictures.js'),
      import('./study-display.js'),
      import('../train/clock.js'),
    ]);
  const config = await loadStudyConfig(file, flags, context);
  const plan = planStudy(config);
  const folder = flags.out ?? join('runs', config.name);
  const introduce = (data: OpenedData) =>
    context.stderr.write(`${introduction(config, plan, data, folder)}\n`);
  if (flags.dryRun) {
    const { printPlan } = await import('./dry-run.js');
    await printPlan({ config, plan, introduce, json: flags.json ?? false }, context);
    return;
  }

  const clock = createClock(startedAt);
  const observer = displayStudy(context, plan, introduce);
  const { signal } = context;
  const cache = cacheFolder(context);
  const results = await withPictures(async (pictures) => {
    const executed = executeStudy({ config, folder, cache, observer, signal, clock, pictures });
    // Loaded while the data are read.
    const [{ writeReport }] = await Promise.all([
      import('../report/write-report.js'),
      executed.finally(() => observer.done()),
    ]);
    return writeReport(folder, { clock, pictures });
  });
  await printResults(results, folder, flags.json ?? false, context);
}

/** Prints a study's table, or its JSON; throws a FathomError of code `failed-arms` when one of its runs failed. */
export async function printResults(
  results: StudyResults,
  folder: string,
  json: boolean,
  { stdout, stderr, env }: CliContext,
): Promise<void> {
  const [{ terminalTable }, { resultsJson }, { studyTimeLine }] = await Promise.all([
    import('../report/terminal.js'),
    import('../report/results-json.js'),
    import('../study/study-time.js'),
  ]);
  if (json) stdout.write(resultsJson(results));
  else {
    const colour = stdout.isTTY === true && !env.NO_COLOR;
    stdout.write(
      `${terminalTable(results, { colour, width: Math.max(80, Math.min(100, stdout.columns ?? 100)) })}\n`,
    );
  }
  if (results.time) stderr.write(`time     ${studyTimeLine(results.time)}\n`);
  stderr.write(`figures  ${join(folder, 'figures')}\nreport   ${join(folder, 'report.html')}\n`);
  const runs = results.arms.filter((arm) => arm.kind !== 'control').flatMap((arm) => arm.runs);
  const failed = runs.filter((run) => run.status === 'failed');
  if (failed.length > 0)
    throw new FathomError(
      'failed-arms',
      `${failed.length} of ${runs.length} runs failed; the table says why`,
      {
        hint: 'the same command tries them again and keeps what is done',
      },
    );
}
