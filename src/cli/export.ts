/** `fathom export`: a trained network as an ONNX file for other programs. */
import { FathomError } from '../errors.js';
import type { CliContext, Register } from './context.js';
import { sizeFlag } from './number-flags.js';

/** Adds `fathom export` to the program. */
export const register: Register = (program, context) => {
  program
    .command('export')
    .description('write a trained network as ONNX: image 0-1 in, mask and depth 0-1 out')
    .argument('<run>', 'the folder of a run, or a .safetensors checkpoint')
    .argument('<file>', 'the .onnx file to write')
    .option('--size <pixels>', 'of its images, such as 96 or 96x128 (default: as trained)', sizeFlag('size'))
    .option('--json', 'print what was written as JSON')
    .action(async (run: string, file: string, flags: ExportFlags) => exportOnnx(run, file, flags, context));
};

interface ExportFlags {
  readonly size?: [height: number, width: number];
  readonly json?: boolean;
}

/** Largest difference between the file's outputs and the trainer's own evaluation that is rounding. */
const tolerance = 1e-4;

async function exportOnnx(
  run: string,
  file: string,
  { size, json }: ExportFlags,
  { stdout }: CliContext,
): Promise<void> {
  const [{ loadNetwork }, { lowerToOnnx, opset }, inference, { exportMetadata }, { findModel }, files] =
    await Promise.all([
      import('./load-network.js'),
      import('../onnx/lower.js'),
      import('../train/inference.js'),
      import('../train/exported-network.js'),
      import('../models/registry.js'),
      import('../train/write-file.js'),
    ]);
  const checkpoint = await loadNetwork(run);
  const network = { ...checkpoint.network, size: size ?? checkpoint.network.size };
  const stride = findModel(network.model)?.stride ?? 1;
  if (network.size.some((side) => side % stride !== 0))
    throw new FathomError('usage', `--size: expected multiples of ${stride}, got ${network.size.join('x')}`);
  const program = lowerToOnnx(inference.inferenceGraph(checkpoint, network.size), {
    metadata: exportMetadata(network),
  });
  const difference = await inference.compareWithEvaluation(checkpoint, program, network.size);
  if (!(difference < tolerance))
    throw new FathomError('internal', `export: the ONNX file differs by ${difference} from the evaluation`);
  await files.writeFileWhole(file, program.bytes);
  const { maxDepth, depthUnit } = network;
  const described = { file, opset, bytes: program.bytes.length, inputs: program.inputs, maxDepth, depthUnit };
  if (json) {
    stdout.write(`${JSON.stringify({ ...described, difference })}\n`);
    return;
  }
  const ports = program.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(' and ');
  stdout.write(
    `${file}: ${ports} of 0-1 in, mask and depth [1, 1, ${network.size.join(', ')}] of 0-1 out, opset ${opset}\n` +
      `depth 1 is ${maxDepth} ${depthUnit || 'in relative depth'}; ` +
      `within ${difference.toExponential(1)} of the trained network's own output\n`,
  );
}
