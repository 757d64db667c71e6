/** A user's own losses: loads the files that a configuration names, and refuses what is no loss with what to do. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { TransformOptions } from 'jiti';
import { FathomError, unknownValue, unreadable } from '../errors.js';
import { GraphError, input, showShape, type Tensor } from '../graph/index.js';
import { aliases, builtInLosses } from '../losses/catalogue.js';
import type { Loss, Task } from '../losses/loss.js';

/** A file with the losses it exports. */
export interface LossFile {
  /** Absolute. */
  readonly path: string;
  /** Of the file's text and of every file that it imports by a relative path. */
  readonly hash: string;
  readonly losses: readonly Loss[];
}

const extensions = ['.ts', '.mts', '.js', '.mjs'];

const example = 'such as: export const mine = defineLoss({ name: "mine", task: "depth", … })';

/** How a loss may be called in an expression. */
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i;
const reservedNames = ['sqrt', 'log'];

/**
 * Loads files of losses: JavaScript or TypeScript modules whose exports, by name or as default, are made with
 * `defineLoss`. They may import `fathom` and `zod` wherever they lie: both are this installation's.
 *
 * Throws a FathomError of code `usage` that names the file: when it is missing or does not load, exports no loss, or
 * one that is malformed, whose name is taken, or that gives no scalar.
 *
 * @example const [{ losses }] = await loadLossFiles(['losses/squared-dice.ts']);
 */
export async function loadLossFiles(paths: readonly string[]): Promise<LossFile[]> {
  const files: LossFile[] = [];
  for (const path of new Set(paths.map((path) => resolve(path)))) {
    const { exports, hash } = await loadModule(path);
    const losses = lossesOf(exports, path);
    for (const loss of losses) requireFreeName(loss, path, files);
    files.push({ path, hash, losses });
  }
  return files;
}

const refuse = (path: string, problem: string, hint?: string, cause?: unknown): FathomError =>
  new FathomError('usage', `${path}: ${problem}`, { hint, cause });

async function loadModule(path: string): Promise<{ exports: Record<string, unknown>; hash: string }> {
  if (!extensions.includes(extname(path)))
    throw refuse(path, `expected a file of losses that ends in ${extensions.join(', ')}`);
  const source = await readFile(path).catch((cause) => {
    throw unreadable(path, cause, 'losses are paths relative to the configuration', 'usage');
  });
  // Loaded only where a study has losses of its own: most have none.
  const [{ createJiti }, zod, fathom] = await Promise.all([
    import('jiti'),
    import('zod'),
    import('../index.js'),
  ]);
  const hash = createHash('sha256').update(source);
  const options = { fsCache: false, moduleCache: false };
  const compiler = createJiti(path, options);
  const loader = createJiti(path, {
    ...options,
    virtualModules: { fathom, zod },
    // Every file on the way is seen here, so a change in any of them is a change of the loss.
    transform: (file: TransformOptions) => {
      hash.update(file.source);
      return { code: compiler.transform(file) };
    },
  });
  try {
    const exports = await loader.import<Record<string, unknown>>(path);
    return { exports, hash: hash.digest('hex').slice(0, 16) };
  } catch (cause) {
    const message = String((cause as Error)?.message ?? cause).split('\n')[0];
    throw refuse(path, `cannot be loaded: ${message}`, 'mend the file; --debug shows where', cause);
  }
}

/** Whether a value is meant as a loss: other exports, such as helpers, are let be. */
const isMeant = (value: unknown): value is Partial<Loss> =>
  typeof value === 'object' && value !== null && ('evaluate' in value || 'task' in value);

function lossesOf(exports: Record<string, unknown>, path: string): Loss[] {
  const found = [...new Set(Object.values(exports))].filter(isMeant);
  if (found.length === 0) {
    const names = Object.keys(exports).join(', ') || 'nothing';
    throw refuse(path, `expected an exported loss, got ${names}`, example);
  }
  return found.map((loss) => checkLoss(loss, path));
}

function checkLoss(loss: Partial<Loss>, path: string): Loss {
  const { name, task, options, evaluate } = loss;
  if (typeof name !== 'string' || !namePattern.test(name) || reservedNames.includes(name))
    throw refuse(path, `expected a loss with a name such as squared-dice, got ${JSON.stringify(name)}`);
  const tasks: readonly Task[] = ['segmentation', 'depth'];
  if (!tasks.includes(task as Task)) throw refuse(path, `${name}: ${unknownValue('task', `${task}`, tasks)}`);
  if (typeof evaluate !== 'function')
    throw refuse(path, `${name}: expected a function evaluate, got ${typeof evaluate}`, example);
  if (typeof options?.safeParse !== 'function')
    throw refuse(
      path,
      `${name}: expected options to be a zod schema`,
      'options: z.strictObject({}) for a loss without',
    );
  const whole = { summary: '', source: path, ...loss } as Loss;
  const checked: Loss = {
    ...whole,
    evaluate: (inputs, values) => requireScalar(whole, path, () => whole.evaluate(inputs, values)),
  };
  tryOut(checked);
  return checked;
}

/** Builds the loss's graph for two images of 16×16, where its options have defaults. */
function tryOut(loss: Loss): void {
  const defaults = loss.options.safeParse({});
  if (!defaults.success) return;
  const plane = (name: string, channels = 1) => input(name, [2, channels, 16, 16]);
  const [logits, target, image, distance] = [
    plane('logits'),
    plane('target'),
    plane('image', 3),
    plane('distance'),
  ];
  const inputs = { logits, target, image, distance };
  loss.evaluate(inputs, defaults.data);
  loss.evaluate({ ...inputs, valid: plane('valid') }, defaults.data);
}

/** What `evaluate` gives, when it is a scalar; what it throws, with the file's name. */
function requireScalar({ name }: Loss, path: string, evaluate: () => Tensor): Tensor {
  let value: Tensor;
  try {
    value = evaluate();
  } catch (cause) {
    if (cause instanceof FathomError) throw cause;
    const hint = cause instanceof GraphError ? undefined : '--debug shows where';
    throw refuse(path, `${name}: evaluate failed: ${(cause as Error)?.message ?? cause}`, hint, cause);
  }
  const { shape } = (value ?? {}) as Partial<Tensor>;
  if (!Array.isArray(shape))
    throw refuse(path, `${name}: expected evaluate to give a tensor, got ${typeof value}`);
  if (shape.length > 0)
    throw refuse(
      path,
      `${name}: expected evaluate to give a scalar, got shape ${showShape(shape)}`,
      'reduce it, with pixelMean(map, valid) or graph.mean(map)',
    );
  return value;
}

function requireFreeName({ name, task }: Loss, path: string, files: readonly LossFile[]): void {
  const same = (other: { readonly name: string; readonly task: Task }) =>
    other.name === name && other.task === task;
  const builtIn = [...builtInLosses, ...aliases].some(same);
  const file = files.find(({ losses }) => losses.some(same));
  if (!builtIn && !file) return;
  const owner = file ? file.path : 'Fathom itself';
  throw refuse(path, `the ${task} loss '${name}' is already one of ${owner}`, 'give it another name');
}
