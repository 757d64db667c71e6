/** `fathom bench`: how fast a training step is on this machine. */
import { FathomError, unknownValue } from '../errors.js';
import type { OpTime } from '../runtime/profile.js';
import type { CliContext, Output, Register } from './context.js';
import { integerFlag } from './number-flags.js';

interface BenchFlags {
  readonly model: string;
  readonly width: number;
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly threads: number;
  readonly device: string;
  readonly profile?: boolean;
  readonly json?: boolean;
}

/** Adds `fathom bench` to the program. */
export const register: Register = (program, context) => {
  program
    .command('bench')
    .description('time the training step (bce-dice with rmse, AdamW, 6 input channels) on random images')
    .option('--model <kind>', 'architecture', 'resunet')
    .option('--width <channels>', 'channels at full resolution', integerFlag('width'), 32)
    .option('--size <pixels>', 'side of the images, a multiple of 16', integerFlag('size'), 96)
    .option('--batch <images>', 'images a step', integerFlag('batch'), 8)
    .option('--steps <count>', 'steps that are timed', integerFlag('steps'), 10)
    .option('--threads <count>', 'threads of the CPU; 0 for all cores', integerFlag('threads', 0), 0)
    .option('--device <device>', 'cpu, cuda or webgpu', 'cpu')
    .option('--profile', 'say how long each type of operator takes')
    .option('--json', 'print JSON')
    .action(async (flags: BenchFlags) => bench(flags, context));
};

async function bench(flags: BenchFlags, { stdout }: CliContext): Promise<void> {
  const [{ findModel, models }, { profileRuns }, { benchmarkStep }, { devices, publishedStep }] =
    await Promise.all([
      import('../models/registry.js'),
      import('../runtime/profile.js'),
      import('../train/step-benchmark.js'),
      import('./published-step.js'),
    ]);
  const { width, size, batch, steps, threads } = flags;
  const model = findModel(flags.model);
  const kinds = models.map(({ name }) => name);
  if (!model) throw new FathomError('usage', unknownValue('model', flags.model, kinds));
  const device = devices.find((name) => name === flags.device);
  if (!device) throw new FathomError('usage', unknownValue('device', flags.device, devices));
  if (size % model.stride !== 0)
    throw new FathomError('usage', `--size: expected a multiple of ${model.stride}, got ${size}`);
  const time = (profile?: string) =>
    benchmarkStep(publishedStep({ model, width, size, batch, device, threads, profile }), steps);
  const { result: timing, ops } = flags.profile
    ? await profileRuns(time)
    : { result: await time(), ops: undefined };
  const result = {
    ...{ model: model.name, width, size, batch, device, steps },
    parameters: timing.parameters,
    stepMs: round(timing.stepMs, 2),
    imagesPerSecond: round(timing.imagesPerSecond, 2),
    peakMemoryMb: round(timing.peakMemoryMb, 0),
    compileMs: round(timing.compileMs, 0),
  };
  const profile = ops && shares(ops);
  if (flags.json) stdout.write(`${JSON.stringify({ ...result, profile })}\n`);
  else {
    for (const [name, value] of Object.entries(result)) stdout.write(`${name.padEnd(16)} ${value}\n`);
    if (profile) printProfile(profile, stdout);
  }
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** One row of the profile: a type of operator in one training step. */
interface ProfileRow {
  readonly op: string;
  readonly calls: number;
  readonly ms: number;
  /** Of the time of all operators, 0–1. */
  readonly share: number;
}

function shares(ops: readonly OpTime[]): ProfileRow[] {
  const total = ops.reduce((sum, { ms }) => sum + ms, 0);
  return ops.map(({ op, calls, ms }) => ({ op, calls, ms: round(ms, 3), share: round(ms / total, 4) }));
}

function printProfile(rows: readonly ProfileRow[], stdout: Output): void {
  const width = Math.max(...rows.map(({ op }) => op.length), 'all operators'.length);
  const line = (op: string, calls: string | number, ms: string, share: string) =>
    `${op.padEnd(width)} ${`${calls}`.padStart(7)} ${ms.padStart(10)} ${share.padStart(7)}\n`;
  const totals = rows.reduce((sum, { calls, ms }) => ({ calls: sum.calls + calls, ms: sum.ms + ms }), {
    ...{ calls: 0, ms: 0 },
  });
  stdout.write(`\n${line('operator', 'calls', 'ms a step', 'share')}`);
  for (const { op, calls, ms, share } of rows)
    stdout.write(line(op, calls, ms.toFixed(2), `${(100 * share).toFixed(1)} %`));
  stdout.write(line('all operators', totals.calls, totals.ms.toFixed(2), '100 %'));
}
