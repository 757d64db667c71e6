/** `fathom report`: rebuilds every table and figure of a study from its files. */
import type { CliContext, Register } from './context.js';
import { printResults } from './study.js';

/** Adds `fathom report` to the program. */
export const register: Register = (program, context) => {
  program
    .command('report')
    .description('rebuild every table and figure of a study from its files')
    .argument('<study>', 'the folder of a study')
    .option('--json', 'print results.json instead of the table')
    .action(async (folder: string, flags: { json?: boolean }) =>
      report(folder, flags.json ?? false, context),
    );
};

async function report(folder: string, json: boolean, context: CliContext): Promise<void> {
  const { writeReport } = await import('../report/write-report.js');
  const results = await writeReport(folder, { redraw: true });
  await printResults(results, folder, json, context);
}
