/** `fathom loss`: lists the losses, explains one, and evaluates an expression on numbers. */
import Table from 'cli-table3';
import { type Command, Option } from 'commander';
import { FathomError, unknownValue } from '../errors.js';
import type { Loss, Task } from '../losses/loss.js';
import { showOption } from '../losses/options.js';
import { type CompiledLoss, compileLoss, type LossInfo, listLosses } from '../losses/registry.js';
import type { CliContext, Register } from './context.js';
import { type LossCase, readLossCase } from './loss-case.js';

const tasks = ['segmentation', 'depth'] as const;

const taskOption = (description: string) => new Option('--task <task>', description).choices(tasks);

const withLossFiles = (command: Command): Command =>
  command.option(
    '--loss-file <file>',
    'a .ts or .js file of losses of your own; may be repeated',
    (path: string, before: readonly string[] = []) => [...before, path],
  );

/** The losses of those files. */
async function ownLosses({ lossFile = [] }: { readonly lossFile?: readonly string[] }): Promise<Loss[]> {
  if (lossFile.length === 0) return [];
  const { loadLossFiles } = await import('../config/index.js');
  return (await loadLossFiles(lossFile)).flatMap(({ losses }) => losses);
}

interface LossFlags {
  readonly task?: Task;
  readonly lossFile?: readonly string[];
  readonly json?: boolean;
}

const json = (value: unknown) => `${JSON.stringify(value)}\n`;

/** A table as wide as the terminal, where there is one; formulas wrap. */
function listTable(losses: readonly LossInfo[], columns: number | undefined): string {
  const widest = (text: (loss: LossInfo) => string) =>
    Math.max(...losses.map((loss) => text(loss).length)) + 2;
  const others = widest(({ name }) => name) + widest(({ task }) => task) + widest(({ source }) => source);
  const formula = Math.min(
    widest(({ formula: text }) => text) + 2,
    Math.max(30, (columns ?? Number.POSITIVE_INFINITY) - others - 5),
  );
  const table = new Table({
    head: ['name', 'task', 'formula', 'source'],
    colWidths: [null, null, formula, null],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const { name, task, formula, source, alias } of losses)
    table.push([name, task, alias ? `= ${formula}` : formula, source]);
  return `${table.toString()}\n`;
}

/** One loss in words; `aliases` are those that use it. */
function describe(
  { name, task, formula, source, alias, options, needs }: LossInfo,
  all: readonly LossInfo[],
) {
  const users = all.filter((other) => other.alias && other.task === task && usesLoss(other.formula, name));
  const width = Math.max(0, ...options.map((option) => option.name.length));
  const initials = options.map(({ initial }) => (initial === undefined ? 'required' : showOption(initial)));
  const initialWidth = Math.max(0, ...initials.map((text) => text.length));
  const lines = [
    `${name} (${task}${alias ? ', alias' : ''})`,
    `  ${alias ? '= ' : ''}${formula}`,
    `  source: ${source}`,
    ...(needs.length > 0 ? [`  needs: ${needs.join(', ')}`] : []),
    ...(options.length > 0 ? ['  options (default, what is taken):'] : alias ? [] : ['  no options']),
    ...options.map(
      (option, i) =>
        `    ${option.name.padEnd(width)}  ${initials[i].padEnd(initialWidth)}  ${option.expected}`,
    ),
    ...(users.length > 0
      ? [`  aliases: ${users.map((user) => `${user.name} = ${user.formula}`).join('; ')}`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

const usesLoss = (expression: string, name: string) => expression.split(/[^a-z0-9-]+/i).includes(name);

function find(
  name: string,
  task: Task | undefined,
  own: readonly Loss[],
): { found: LossInfo[]; all: LossInfo[] } {
  const all = listLosses(own);
  const candidates = all.filter((loss) => !task || loss.task === task);
  const found = candidates.filter((loss) => loss.name === name);
  if (found.length === 0) {
    const names = [...new Set(candidates.map((loss) => loss.name))];
    throw new FathomError('usage', unknownValue('loss', name, names), {
      hint: 'fathom loss list shows them all',
    });
  }
  return { found, all };
}

/** Runs a loss, and its gradient in the logits, on a case. */
async function evaluateLoss(
  loss: CompiledLoss,
  { shape, arrays }: LossCase,
  withGradient: boolean,
): Promise<{ loss: string; value: number; gradient?: number[] }> {
  const [{ gradients, input }, { compile }] = await Promise.all([
    import('../graph/index.js'),
    import('../runtime/node.js'),
  ]);
  const [n, , h, w] = shape;
  const logits = input('logits', shape);
  const value = loss.evaluate({
    logits,
    target: input('target', shape),
    ...(arrays.valid && { valid: input('valid', shape) }),
    ...(arrays.image && { image: input('image', [n, 3, h, w]) }),
    ...(arrays.distance && { distance: input('distance', shape) }),
  });
  const program = await compile({ value, ...(withGradient && { gradient: gradients(value, [logits])[0] }) });
  try {
    // A loss that does not look at the target has no such input.
    const results = await program.run(
      Object.fromEntries(program.inputs.map(({ name }) => [name, arrays[name as keyof LossCase['arrays']]!])),
    );
    return {
      loss: loss.text,
      value: shorten(results.value[0]),
      ...(withGradient && { gradient: Array.from(results.gradient, shorten) }),
    };
  } finally {
    await program.dispose();
  }
}

/** Nine digits hold a float32; -0 becomes 0. */
const shorten = (value: number | bigint) => Number(Number(value).toPrecision(9)) + 0;

interface EvalFlags extends LossFlags {
  readonly task: Task;
  readonly input: string;
  readonly gradient?: boolean;
}

function registerEval(family: Command, { stdout }: CliContext): void {
  withLossFiles(family.command('eval <expression>'))
    .description('evaluate a loss on numbers; prints JSON')
    .addOption(taskOption('what the loss compares').makeOptionMandatory())
    .requiredOption(
      '--input <file>',
      '{"shape":[N,1,H,W],"logits":[…],"target":[…],"valid":[…]?}, or - for stdin',
    )
    .option('--gradient', 'also the gradient in the logits')
    .option('--json', 'print JSON, as this command always does')
    .action(async (expression: string, options: EvalFlags) => {
      const loss = compileLoss(expression, options.task, await ownLosses(options));
      const values = await readLossCase(options.input);
      stdout.write(json(await evaluateLoss(loss, values, options.gradient === true)));
    });
}

/** Adds `fathom loss list | show | eval` to the program. */
export const register: Register = (program, context) => {
  const { stdout } = context;
  const family = program.command('loss').description('list, explain and evaluate losses');
  withLossFiles(family.command('list'))
    .description('all losses, with formula and source')
    .addOption(taskOption('only the losses of this task'))
    .option('--json', 'print JSON')
    .action(async (options: LossFlags) => {
      const losses = listLosses(await ownLosses(options)).filter(
        ({ task }) => !options.task || task === options.task,
      );
      stdout.write(options.json ? json({ losses }) : listTable(losses, stdout.columns));
    });
  withLossFiles(family.command('show <name>'))
    .description('formula, options and source of one loss')
    .addOption(taskOption('where both tasks have a loss of this name'))
    .option('--json', 'print JSON')
    .action(async (name: string, options: LossFlags) => {
      const { found, all } = find(name, options.task, await ownLosses(options));
      stdout.write(
        options.json ? json({ losses: found }) : found.map((loss) => describe(loss, all)).join('\n'),
      );
    });
  registerEval(family, context);
};
