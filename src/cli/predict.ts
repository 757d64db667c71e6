/** `fathom predict`: mask, depth map and overlay of a user's images. */
import { basename, extname, join } from 'node:path';
import { FathomError } from '../errors.js';
import type { CliContext, Register } from './context.js';

interface PredictFlags {
  readonly background?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds `fathom predict` to the program. */
export const register: Register = (program, context) => {
  program
    .command('predict')
    .description('predict mask and depth of images with a trained network')
    .argument('<run>', 'the folder of a run, or a .safetensors checkpoint')
    .argument('<images...>', 'image files')
    .option('--background <file>', 'the empty scene, for networks trained with backgrounds')
    .option('--out <folder>', 'where to write', 'predictions')
    .option('--json', 'print what was written as JSON')
    .action(async (run: string, images: readonly string[], flags: PredictFlags) =>
      predict(run, images, flags, context),
    );
};

async function predict(
  run: string,
  images: readonly string[],
  { background, out, json }: PredictFlags,
  { stdout, signal }: CliContext,
): Promise<void> {
  const [{ loadNetwork }, { createPredictor }, files] = await Promise.all([
    import('./load-network.js'),
    import('./predictor.js'),
    import('./image-files.js'),
  ]);
  const checkpoint = await loadNetwork(run);
  if (checkpoint.network.background && background === undefined)
    throw new FathomError(
      'usage',
      '--background: this network was trained with the empty scene as a second input',
      {
        hint: 'give it with --background, or train with model: { input: [image] }',
      },
    );
  const empty = background === undefined ? undefined : await files.readImage(background);
  const predictor = createPredictor(checkpoint);
  const { maxDepth, depthUnit } = checkpoint.network;
  try {
    for (const file of images) {
      signal.throwIfAborted();
      const image = await files.readImage(file);
      const prediction = await predictor.predict(image, checkpoint.network.background ? empty : undefined);
      const stem = join(out, basename(file, extname(file)));
      const written = await files.writePrediction(stem, image, prediction);
      const line = { image: file, ...written, maxDepth, depthUnit };
      if (json) stdout.write(`${JSON.stringify(line)}\n`);
      else
        stdout.write(
          `${file}: ${written.mask}, ${written.depth} (65535 is ${maxDepth} ${depthUnit || 'in relative depth'}), ${written.overlay}\n`,
        );
    }
  } finally {
    await predictor.dispose();
  }
}
