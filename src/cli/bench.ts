/** `fathom bench`: how fast a training step is on this machine. */
import type { ModelConfig } from '../config/schema.js';
import { FathomError, unknownValue } from '../errors.js';
import type { CliContext, Register } from './context.js';

interface BenchFlags {
  readonly model: string;
  readonly width: number;
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly threads: number;
  readonly device: string;
  readonly json?: boolean;
}

const devices = ['cpu', 'cuda', 'webgpu'] as const;

function positive(name: string, least = 1) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new FathomError('usage', `--${name}: expected an integer of at least ${least}, got ${text}`);
    return value;
  };
}

/** Adds `fathom bench` to the program. */
export const register: Register = (program, context) => {
  program
    .command('bench')
    .description('time the training step (bce-dice with rmse, AdamW, 6 input channels) on random images')
    .option('--model <kind>', 'architecture', 'resunet')
    .option('--width <channels>', 'channels at full resolution', positive('width'), 32)
    .option('--size <pixels>', 'side of the images, a multiple of 16', positive('size'), 96)
    .option('--batch <images>', 'images a step', positive('batch'), 8)
    .option('--steps <count>', 'steps that are timed', positive('steps'), 10)
    .option('--threads <count>', 'threads of the CPU; 0 for all cores', positive('threads', 0), 0)
    .option('--device <device>', devices.join(', '), 'cpu')
    .option('--json', 'print JSON')
    .action(async (flags: BenchFlags) => bench(flags, context));
};

async function bench(flags: BenchFlags, { stdout }: CliContext): Promise<void> {
  const [
    { findModel, models },
    { compile },
    { createNetwork },
    { benchmarkStep },
    { trainerOptions },
    config,
  ] = await Promise.all([
    import('../models/registry.js'),
    import('../runtime/node.js'),
    import('../train/network.js'),
    import('../train/step-benchmark.js'),
    import('../train/run-spec.js'),
    import('../config/index.js'),
  ]);
  const { width, size, batch, steps, threads } = flags;
  const model = findModel(flags.model);
  const kinds = models.map(({ name }) => name);
  if (!model) throw new FathomError('usage', unknownValue('model', flags.model, kinds));
  const device = devices.find((name) => name === flags.device);
  if (!device) throw new FathomError('usage', unknownValue('device', flags.device, devices));
  if (size % model.stride !== 0)
    throw new FathomError('usage', `--size: expected a multiple of ${model.stride}, got ${size}`);
  const { train } = config.parseConfig({ text: '', file: 'defaults' });
  const network = createNetwork({
    ...{ model, width, size: [size, size], background: true },
    separate: device === 'webgpu',
  });
  const spec = {
    ...{ segmentation: 'bce-dice', depth: 'rmse', weight: 2, seed: 0, device },
    train: { ...train, batch },
    model: { kind: model.name, width, input: undefined } as ModelConfig,
  };
  const compileHere = (outputs: Parameters<typeof compile>[0]) => compile(outputs, { device, threads });
  const options = trainerOptions(spec, network, { mask: false, depth: false }, compileHere);
  const timing = await benchmarkStep(options, steps);
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  const result = {
    ...{ model: model.name, width, size, batch, device, steps },
    parameters: timing.parameters,
    stepMs: round(timing.stepMs, 2),
    imagesPerSecond: round(timing.imagesPerSecond, 2),
    peakMemoryMb: round(timing.peakMemoryMb, 0),
    compileMs: round(timing.compileMs, 0),
  };
  if (flags.json) stdout.write(`${JSON.stringify(result)}\n`);
  else for (const [name, value] of Object.entries(result)) stdout.write(`${name.padEnd(16)} ${value}\n`);
}
