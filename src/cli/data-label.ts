/** `fathom data label`: depth maps for composites, by a model. */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FathomError, unknownValue } from '../errors.js';
import type { CliContext, Register } from './context.js';
import type { Picture } from './image-files.js';
import { integerFlag, sizeFlag, tripleFlag } from './number-flags.js';
import { createProgress, formatDuration, type Progress } from './progress.js';

interface LabelFlags {
  readonly model: string;
  readonly convention?: string;
  readonly size?: [number, number];
  readonly mean?: [number, number, number];
  readonly std?: [number, number, number];
  readonly output?: string;
  readonly maxDepth?: number;
  readonly bits: number;
  readonly json?: boolean;
}

/** Folder of the depth maps. */
const kind = 'depth_fg_bg';

/** Batches under way: one is run while others are decoded and written. */
const concurrency = 3;

/** Adds `fathom data label` to its family. */
export const registerLabel: Register = (family, context) => {
  family
    .command('label')
    .description('write depth maps of composites with a monocular depth model')
    .argument('<dataset>', 'the folder that fathom data composite wrote')
    .requiredOption('--model <path>', 'an .onnx file, or the folder of a run trained by Fathom')
    .option(
      '--convention <name>',
      'of an .onnx file from elsewhere: midas, dpt, depth-anything, depth-anything-metric',
    )
    .option(
      '--size <pixels>',
      'input of an .onnx file that leaves it open, such as 384 or 384x512',
      sizeFlag('size'),
    )
    .option('--mean <r,g,b>', 'subtracted from the channels of 0-1', tripleFlag('mean'))
    .option('--std <r,g,b>', 'divided into the channels', tripleFlag('std'))
    .option('--output <meaning>', 'inverse (larger is nearer) or depth (metres)')
    .option(
      '--max-depth <metres>',
      'greatest depth kept, of a model that gives metres',
      integerFlag('max-depth'),
    )
    .option('--bits <bits>', 'of the PNG files, 8 or 16', integerFlag('bits', 8, 16), 8)
    .option('--json', 'print what was made as JSON')
    .action(async (dataset: string, flags: LabelFlags) => label(dataset, flags, context));
};

async function label(path: string, flags: LabelFlags, context: CliContext): Promise<void> {
  const [
    { openDepthModel },
    { openLayered },
    { filesByStem, naturalOrder },
    { runPool },
    { openSink },
    recipes,
  ] = await Promise.all([
    import('./depth-model.js'),
    import('../data/formats/layered-source.js'),
    import('../data/formats/match.js'),
    import('../data/pool.js'),
    import('../data/composite/sink.js'),
    import('../data/recipe.js'),
  ]);
  const { bits, output } = checkFlags(path, flags);
  const { stdout, stderr, env, signal } = context;
  const source = await openLayered(path, ['fg_bg', 'fg_bg_mask', 'bg']);
  const model = await openDepthModel(flags.model, { ...flags, output, inputSize: flags.size }).catch(
    async (error) => {
      await source.close();
      throw error;
    },
  );
  const most = 2 ** bits - 1;
  let progress: Progress | undefined;
  try {
    const images = await filesByStem(source, 'fg_bg');
    const ids = [...images.keys()].sort(naturalOrder);
    await recipes.claimRecipe(path, `${kind}.json`, {
      ...{
        model: basename(flags.model),
        sha256: await hashOf(flags.model),
        ...model.usage,
        output: model.output,
        bits,
      },
      ...{ scale: `${model.maxDepth}/${most}`, maxDepth: model.maxDepth, unit: model.unit, invalid: [] },
    });
    const emptyOf = model.needsBackground ? await backgroundReader(source) : undefined;
    const [{ readImage }, { depthPng }, { proposeDataset }, { stringify }] = await Promise.all([
      import('./image-files.js'),
      import('./depth-png.js'),
      import('./propose-dataset.js'),
      import('yaml'),
    ]);
    const sink = await openSink(path, kind, source.describe(images.get(ids[0])!).includes('.zip: '));
    const started = performance.now();
    let [done, made] = [0, 0];
    const rate = () => made / ((performance.now() - started) / 1000);
    const fileOf = (position: number) => `${kind}/${ids[position]}.png`;
    const run = async (positions: readonly number[]) => {
      const pictures = await Promise.all(
        positions.map(async (position) => {
          const name = images.get(ids[position])!;
          return readImage(source.describe(name), await source.read(name));
        }),
      );
      const scenes = emptyOf && (await Promise.all(positions.map((position) => emptyOf(ids[position]))));
      const planes = await model.predict(pictures, scenes);
      await Promise.all(
        positions.map(async (position, i) => {
          const file = fileOf(position);
          if (sink.has(position, file)) return;
          await sink.write(position, file, await depthPng(model, planes[i], pictures[i], bits));
          made++;
          progress ??= createProgress({ stream: stderr, total: ids.length, label: 'depth maps', env });
          if (made === 1) progress.skip(done);
          progress.update(++done, `${rate().toFixed(1)} images/s`);
        }),
      );
    };
    try {
      // The same pictures are always run together, so that a labelling that is continued gives the same bytes.
      await runPool(Math.ceil(ids.length / model.batch), { concurrency, signal }, (block) => {
        const first = block * model.batch;
        const positions = [...ids.slice(first, first + model.batch).keys()].map((i) => first + i);
        const there = positions.filter((position) => sink.has(position, fileOf(position))).length;
        done += there;
        return there < positions.length ? run(positions) : undefined;
      });
      await sink.finish();
    } catch (error) {
      await sink.close();
      throw error;
    }
    const seconds = (performance.now() - started) / 1000;
    const imagesPerSecond = rate();
    const block = stringify({ dataset: await proposeDataset(path) });
    const { maxDepth, unit } = model;
    const result = { dataset: path, count: ids.length, made, seconds, imagesPerSecond, maxDepth, unit };
    if (flags.json) stdout.write(`${JSON.stringify({ ...result, config: block })}\n`);
    else {
      const farthest = unit ? `${maxDepth} ${unit}` : 'the farthest';
      const work = `${made} made in ${formatDuration(seconds)}, ${imagesPerSecond.toFixed(1)} images/s`;
      stdout.write(
        `${join(path, kind)}: ${ids.length} depth maps of ${bits} bit, ${most} is ${farthest}; ` +
          `${made === 0 ? 'all there already' : work}\n\n${block}`,
      );
    }
  } finally {
    progress?.done();
    await model.dispose();
    await source.close();
  }
}

/** Throws a FathomError of code `usage` for what cannot be labelled, or not so. */
function checkFlags(path: string, { bits, output }: LabelFlags) {
  if (bits !== 8 && bits !== 16) throw new FathomError('usage', `--bits: expected 8 or 16, got ${bits}`);
  if (output !== undefined && output !== 'inverse' && output !== 'depth')
    throw new FathomError('usage', `--output: ${unknownValue('meaning', output, ['inverse', 'depth'])}`);
  if (/\.zip$/i.test(path))
    throw new FathomError('usage', `${path}: depth maps cannot be added to one archive`, {
      hint: 'give the folder of fg_bg/ or fg_bg.zip',
    });
  return { bits, output } as const;
}

/** Reads the empty scene of a composite. */
async function backgroundReader(
  source: Awaited<ReturnType<typeof import('../data/formats/layered-source.js').openLayered>>,
) {
  const [{ filesByStem }, { backgroundFinder }, { readImage }] = await Promise.all([
    import('../data/formats/match.js'),
    import('../data/formats/composite.js'),
    import('./image-files.js'),
  ]);
  const backgrounds = await filesByStem(source, 'bg');
  const find = backgroundFinder([...backgrounds.keys()], undefined);
  return async (id: string): Promise<Picture> => {
    const file = backgrounds.get(find(id) ?? '');
    if (file === undefined)
      throw new FathomError('data', `${id}: its background is not known`, {
        hint: 'its folder or name should hold the name of one',
      });
    return readImage(source.describe(file), await source.read(file));
  };
}

/** SHA-256 of a model: of the file, or of the best checkpoint of a run. */
async function hashOf(path: string): Promise<string> {
  const { runFiles } = await import('../train/run-folder.js');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(statSync(path).isDirectory() ? runFiles(path).best : path))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
