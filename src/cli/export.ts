/** `fathom export`: a trained network as an ONNX file for other programs. */
import { FathomError } from '../errors.js';
import type { CliContext, Register } from './context.js';

/** Adds `fathom export` to the program. */
export const register: Register = (program, context) => {
  program
    .command('export')
    .description('write a trained network as ONNX: image 0-1 in, mask and depth 0-1 out')
    .argument('<run>', 'the folder of a run, or a .safetensors checkpoint')
    .argument('<file>', 'the .onnx file to write')
    .option('--json', 'print what was written as JSON')
    .action(async (run: string, file: string, flags: { json?: boolean }) =>
      exportOnnx(run, file, flags.json ?? false, context),
    );
};

/** Largest difference between the file's outputs and the trainer's own evaluation that is rounding. */
const tolerance = 1e-4;

async function exportOnnx(run: string, file: string, json: boolean, { stdout }: CliContext): Promise<void> {
  const [{ loadNetwork }, { lowerToOnnx, opset }, inference, { writeFileWhole }] = await Promise.all([
    import('./load-network.js'),
    import('../onnx/lower.js'),
    import('../train/inference.js'),
    import('../train/write-file.js'),
  ]);
  const checkpoint = await loadNetwork(run);
  const { maxDepth, depthUnit, size, background, ...network } = checkpoint.network;
  const { image, mask, depth } = inference.inferenceContract;
  const program = lowerToOnnx(inference.inferenceGraph(checkpoint), {
    metadata: {
      'fathom.image': image,
      ...(background && { 'fathom.background': inference.inferenceContract.background }),
      'fathom.mask': mask,
      'fathom.depth': depth,
      'fathom.maxDepth': String(maxDepth),
      'fathom.depthUnit': depthUnit,
      'fathom.model': `${network.model} width ${network.width}`,
    },
  });
  const difference = await inference.compareWithEvaluation(checkpoint, program);
  if (!(difference < tolerance))
    throw new FathomError('internal', `export: the ONNX file differs by ${difference} from the evaluation`);
  await writeFileWhole(file, program.bytes);
  const ports = program.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(' and ');
  const described = { file, opset, bytes: program.bytes.length, inputs: program.inputs, maxDepth, depthUnit };
  if (json) stdout.write(`${JSON.stringify({ ...described, difference })}\n`);
  else
    stdout.write(
      `${file}: ${ports} of 0-1 in, mask and depth [1, 1, ${size.join(', ')}] of 0-1 out, opset ${opset}; ` +
        `within ${difference.toExponential(1)} of the trained network\n`,
    );
}
