/** `fathom import`: weights that were trained elsewhere as a checkpoint that predict and export take. */
import { FathomError, unknownValue } from '../errors.js';
import type { CliContext, Register } from './context.js';
import { integerFlag, positiveFlag, sizeFlag } from './number-flags.js';

interface ImportFlags {
  readonly model: string;
  readonly width: number;
  readonly size: [height: number, width: number];
  readonly background: boolean;
  readonly maxDepth: number;
  readonly unit: string;
  readonly json?: boolean;
}

/** Adds `fathom import` to the program. */
export const register: Register = (program, context) => {
  program
    .command('import')
    .description('turn a PyTorch state dict of one of the networks into a checkpoint')
    .argument('<weights>', 'a .safetensors file')
    .argument('<checkpoint>', 'the .safetensors checkpoint to write')
    .option('--model <kind>', 'architecture', 'resunet')
    .option('--width <channels>', 'channels at full resolution', integerFlag('width'), 8)
    .option('--size <pixels>', 'it was trained at, such as 64 or 96x128', sizeFlag('size'), [64, 64])
    .option('--no-background', 'it sees the image alone')
    .option('--max-depth <depth>', 'depth at 1, in the unit', positiveFlag('max-depth'), 1)
    .option('--unit <unit>', 'unit of depth, such as m; none for relative depth', '')
    .option('--json', 'print what was written as JSON')
    .action(async (weights: string, checkpoint: string, flags: ImportFlags) =>
      importWeights(weights, checkpoint, flags, context),
    );
};

async function importWeights(
  weights: string,
  checkpoint: string,
  { model: kind, width, size, background, maxDepth, unit, json }: ImportFlags,
  { stdout }: CliContext,
): Promise<void> {
  const [{ findModel, models }, { createNetwork }, { readWeights, fileHash }, { writeCheckpoint }] =
    await Promise.all([
      import('../models/registry.js'),
      import('../train/network.js'),
      import('../train/initial-weights.js'),
      import('../train/checkpoint.js'),
    ]);
  const model = findModel(kind);
  const kinds = models.map(({ name }) => name);
  if (!model) throw new FathomError('usage', unknownValue('model', kind, kinds));
  if (size.some((side) => side % model.stride !== 0))
    throw new FathomError('usage', `--size: expected multiples of ${model.stride}, got ${size.join('x')}`);
  const network = createNetwork({ model, width, size, background });
  const tensors = readWeights(network, { file: weights, partial: false });
  await writeCheckpoint(checkpoint, {
    tensors,
    progress: {
      ...{ step: 0, epoch: 0, seed: 0, seconds: 0, bestEpoch: 0, bestScore: null },
      identity: `imported-${fileHash(weights)}`,
    },
    network: { model: kind, width, size, background, maxDepth, depthUnit: unit },
  });
  const result = { checkpoint, model: kind, width, parameters: network.parameterCount };
  if (json) stdout.write(`${JSON.stringify({ ...result, tensors: Object.keys(tensors) })}\n`);
  else
    stdout.write(
      `${checkpoint}: ${kind} of width ${width}, ${Object.keys(tensors).length} tensors, ${network.parameterCount} parameters\n`,
    );
}
