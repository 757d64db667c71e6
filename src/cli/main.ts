/** The command line: parses arguments, runs one command, prints errors and chooses the exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCodes, FathomError } from '../errors.js';
import { register as bench } from './bench.js';
import type { CliContext, Register } from './context.js';
import { register as data } from './data.js';
import { register as doctor } from './doctor.js';
import { register as exportOnnx } from './export.js';
import { register as importWeights } from './import.js';
import { register as init } from './init.js';
import { register as loss } from './loss.js';
import { register as lrFind } from './lr-find.js';
import { register as model } from './model.js';
import { register as predict } from './predict.js';
import { register as report } from './report.js';
import { register as study } from './study.js';
import { register as train } from './train.js';

/** Every command, in the order of the help. Their heavy imports wait until they run. */
const commands: readonly Register[] = [
  study,
  train,
  lrFind,
  report,
  predict,
  exportOnnx,
  importWeights,
  loss,
  model,
  data,
  bench,
  init,
  doctor,
];

const examples = `
Examples:
  $ fathom study                          the ten published pairs of losses on synthetic rooms
  $ fathom init my-images                 write fathom.yaml for a folder of your own
  $ fathom study fathom.yaml --set train.epochs=5
  $ fathom loss show tversky              what a loss computes, its options and their defaults
  $ fathom doctor                         what works on this machine`;

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

function createProgram(context: CliContext, registered: readonly Register[]): Command {
  const program = new Command('fathom')
    .description('The loss-function laboratory for dense prediction.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--debug', 'print the stack trace of an error')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // Errors reach the user once, through printError.
      writeErr: () => {},
    });
  for (const register of registered) register(program, context);
  return program;
}

/**
 * Runs one command line and returns its exit code (see `exitCodes`). Never throws.
 *
 * @example await run(['doctor', '--json'], { stdout, stderr, env, signal }) // 0
 */
export async function run(
  args: readonly string[],
  context: CliContext,
  registered: readonly Register[] = commands,
): Promise<number> {
  try {
    const program = createProgram(context, registered);
    await program.parseAsync(args.length > 0 ? args : ['--help'], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (context.signal.aborted) return exitCodes.interrupted;
    return printError(error instanceof CommanderError ? usageError(error) : error, args, context);
  }
  return context.signal.aborted ? exitCodes.interrupted : 0;
}

/** Commander's message `error: … (Did you mean …?)` as one of ours. */
function usageError(error: CommanderError): FathomError {
  if (error.code === 'commander.help')
    return new FathomError('usage', 'a command is missing', { hint: seeHelp });
  const [, message, near] = /^(?:error: )?(.*?)\s*(?:\(Did you mean (.*)\?\))?$/s.exec(error.message)!;
  return new FathomError('usage', message, { hint: near ? `did you mean ${near}?` : seeHelp, cause: error });
}

const seeHelp = 'see fathom --help, or fathom <command> --help';

function printError(error: unknown, args: readonly string[], { stderr }: CliContext): number {
  const known = error instanceof FathomError ? error : undefined;
  const debug = args.includes('--debug');
  const message = error instanceof Error ? error.message : String(error);
  const internal = !known || known.code === 'internal';
  const hint =
    known?.hint ?? (internal && !debug ? 'this is a fault of Fathom; --debug shows where' : undefined);
  stderr.write(`error: ${internal ? 'internal: ' : ''}${message}\n`);
  if (hint) stderr.write(`hint: ${hint}\n`);
  if (debug && error instanceof Error) stderr.write(`${stackOf(error)}\n`);
  return exitCodes[known?.code ?? 'internal'];
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack}${cause}`;
}

/**
 * The whole process: {@link run} on its streams. The first Ctrl-C asks the command to stop, a second ends it at once.
 */
export async function main(
  args: readonly string[],
  registered: readonly Register[] = commands,
): Promise<number> {
  const { stdout, stderr, env } = process;
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    stderr.write('\nstopping… (Ctrl-C again to stop at once)\n');
    controller.abort(new FathomError('interrupted', 'interrupted'));
  };
  // A reader such as `head` that has seen enough is no error.
  const closed = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.on('SIGINT', interrupt);
  stdout.on('error', closed);
  const code = await run(args, { stdout, stderr, env, signal: controller.signal }, registered);
  process.off('SIGINT', interrupt);
  return code;
}
