/** `fathom predict`: mask, depth map, overlay and a picture of a user's images. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
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
    .argument('<run>', 'the folder of a run, a .safetensors checkpoint, or an exported .onnx file')
    .argument('<images...>', 'image files, or folders of them')
    .option('--background <path>', 'the empty scene, or a folder of empty scenes by the names of the images')
    .option('--out <folder>', 'where to write', 'predictions')
    .option('--json', 'print what was written as JSON, one line an image')
    .action(async (run: string, images: readonly string[], flags: PredictFlags) =>
      predict(run, images, flags, context),
    );
};

/** For each image, the file of its empty scene. Throws a FathomError of code `data` when one has none. */
async function backgroundsOf(path: string, images: readonly string[]): Promise<string[]> {
  const { listImages, stemOf } = await import('./image-files.js');
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return images.map(() => path);
  const byStem = new Map((await listImages([path])).map((file) => [stemOf(file), file]));
  return images.map((image) => {
    const background = byStem.get(stemOf(image));
    if (background === undefined)
      throw new FathomError('data', `${path}: no empty scene called ${stemOf(image)}`, {
        hint: `${image} needs one of its name; give a single file if all images share one`,
      });
    return background;
  });
}

async function predict(
  run: string,
  paths: readonly string[],
  { background, out, json }: PredictFlags,
  { stdout, signal }: CliContext,
): Promise<void> {
  const [{ openPredictor }, files] = await Promise.all([
    import('./predictor.js'),
    import('./image-files.js'),
  ]);
  const predictor = await openPredictor(run);
  const { maxDepth, depthUnit, ...network } = predictor.network;
  try {
    if (network.background && background === undefined)
      throw new FathomError(
        'usage',
        '--background: this network was trained with the empty scene as a second input',
        { hint: 'give it with --background, or train with model: { input: [image] }' },
      );
    const images = await files.listImages(paths);
    const scenes =
      network.background && background !== undefined ? await backgroundsOf(background, images) : [];
    for (const [i, file] of images.entries()) {
      signal.throwIfAborted();
      const image = await files.readImage(file);
      const [prediction] = await predictor.predict(
        [image],
        scenes[i] ? [await files.readImage(scenes[i])] : undefined,
      );
      const stem = join(out, files.stemOf(file));
      const written = await files.writePrediction(stem, image, prediction, { maxDepth, depthUnit });
      const line = { image: file, ...written, maxDepth, depthUnit };
      if (json) stdout.write(`${JSON.stringify(line)}\n`);
      else
        stdout.write(
          `${file}: ${Object.values(written).join(', ')} (depth 65535 is ${maxDepth} ${depthUnit || 'in relative depth'})\n`,
        );
    }
  } finally {
    await predictor.dispose();
  }
}
