/** `fathom data composite`: a data set of cut-outs on backgrounds, with masks. */
import { Option } from 'commander';
import type { CliContext, Register } from './context.js';
import { integerFlag, rangeFlag, sizeFlag } from './number-flags.js';
import { createProgress, formatDuration } from './progress.js';

interface CompositeFlags {
  readonly out: string;
  readonly foregrounds: string;
  readonly backgrounds: string;
  readonly size: [number, number];
  readonly count?: number;
  readonly perPair: number;
  readonly scale: [number, number];
  readonly seed: number;
  readonly quality: number;
  readonly zip?: boolean;
  readonly json?: boolean;
}

/** Adds `fathom data composite` to its family. */
export const registerComposite: Register = (family, context) => {
  family
    .command('composite')
    .description(
      'put cut-outs on backgrounds, flipped and not, at random places: images, masks and positions',
    )
    .argument(
      '<source>',
      'a folder or .zip file with cut-outs (PNG or WebP with transparency) and backgrounds',
    )
    .requiredOption('--out <folder>', 'where to write; a folder of the same options is continued')
    .option('--foregrounds <folder>', 'sub-folder of the cut-outs', 'fg')
    .option('--backgrounds <folder>', 'sub-folder of the backgrounds', 'bg')
    .addOption(
      new Option('--size <pixels>', 'side of the images, or height x width such as 96x128')
        .argParser(sizeFlag('size'))
        .default([96, 96], '96'),
    )
    .option('--count <images>', 'images in all, dealt evenly to the backgrounds', integerFlag('count'))
    .option(
      '--per-pair <images>',
      'without --count: images of each cut-out and flip on each background',
      integerFlag('per-pair'),
      1,
    )
    .addOption(
      new Option('--scale <low,high>', "height of a cut-out as a share of the image's")
        .argParser(rangeFlag('scale'))
        .default([0.3, 0.7], '0.3,0.7'),
    )
    .option('--seed <number>', 'decides the places', integerFlag('seed', 0), 0)
    .option('--quality <percent>', 'JPEG quality', integerFlag('quality', 1, 100), 90)
    .option('--zip', 'write one stored .zip file for each kind of image in place of folders')
    .option('--json', 'print what was made as JSON')
    .action(async (source: string, flags: CompositeFlags) => composite(source, flags, context));
};

async function composite(source: string, flags: CompositeFlags, context: CliContext): Promise<void> {
  const { composeDataset } = await import('../data/composite/compose.js');
  const { stdout, stderr, env, signal } = context;
  const { count, perPair, json, zip = false, ...options } = flags;
  const started = performance.now();
  let progress: ReturnType<typeof createProgress> | undefined;
  let result: Awaited<ReturnType<typeof composeDataset>>;
  const rate = (made: number) => made / ((performance.now() - started) / 1000);
  try {
    result = await composeDataset({
      ...{ ...options, source, zip, signal },
      count: count ?? { perPair },
      onProgress(done, total, skipped) {
        progress ??= createProgress({ stream: stderr, total, label: 'composites', env });
        if (done - skipped === 1) progress.skip(skipped);
        progress.update(done, `${rate(done - skipped).toFixed(0)} images/s`);
      },
    });
  } finally {
    progress?.done();
  }
  const seconds = (performance.now() - started) / 1000;
  const imagesPerSecond = Math.round(rate(result.made));
  if (json) stdout.write(`${JSON.stringify({ out: flags.out, ...result, seconds, imagesPerSecond })}\n`);
  else
    stdout.write(
      `${flags.out}: ${result.count} composites of ${result.cutouts} cut-outs on ${result.backgrounds} backgrounds` +
        (result.made === 0
          ? ', all there already\n'
          : `; ${result.made} made in ${formatDuration(seconds)}, ${imagesPerSecond} images/s\n`),
    );
}
