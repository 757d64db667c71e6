/** `fathom data augment`: a picture of training samples as augmentation shows them to the network. */
import type { Command } from 'commander';
import type { Augmentation } from '../data/augmentation/draw.js';
import { FathomError } from '../errors.js';
import { type ConfigFlags, loadStudyConfig, withConfigFlags } from './config-flags.js';
import type { CliContext } from './context.js';
import { integerFlag } from './number-flags.js';

interface AugmentFlags extends ConfigFlags {
  readonly rows: number;
  readonly epochs: number;
  readonly out: string;
}

/** Adds `augment` to the family of `fathom data`. */
export function registerAugment(family: Command, context: CliContext): void {
  const command = family
    .command('augment')
    .description('draw training samples as train.augment varies them, epoch by epoch')
    .argument('[config]', 'a YAML file; without it, the synthetic rooms');
  withConfigFlags(command)
    .option('--rows <count>', 'samples to draw', integerFlag('rows'), 4)
    .option('--epochs <count>', 'epochs to draw of each', integerFlag('epochs'), 3)
    .option('--out <file>', 'the PNG to write', 'augmentation.png')
    .action(async (file: string | undefined, flags: AugmentFlags) => drawAugmented(file, flags, context));
}

/** What an augmentation did, where it did something: `flip ×1.31`. */
const inWords = ({ flip, scale }: Augmentation): string =>
  [flip ? 'flip' : '', scale > 1 ? `×${scale.toFixed(2)}` : ''].filter(Boolean).join(' ') || 'in place';

async function drawAugmented(
  file: string | undefined,
  { rows, epochs, out, ...flags }: AugmentFlags,
  context: CliContext,
): Promise<void> {
  const [{ augmentSample }, { drawAugmentation }, { augmentationSheet }, { openSplits }, { spread }, files] =
    await Promise.all([
      import('../data/augmentation/augment.js'),
      import('../data/augmentation/draw.js'),
      import('../figures/augmentation-sheet.js'),
      import('../study/open-data.js'),
      import('../train/test-run.js'),
      import('../train/write-file.js'),
    ]);
  const config = await loadStudyConfig(file, flags, context);
  const options = config.train.augment;
  if (!options)
    throw new FathomError('usage', 'train.augment: the configuration has none', {
      hint: 'add --set train.augment=standard, or the key to the file',
    });
  const [seed] = config.study.seeds;
  const { dataset, splits } = await openSplits(config);
  try {
    const drawn = spread(splits.train, rows).map(async (index) => {
      const sample = await dataset.read(index);
      const states = Array.from({ length: epochs }, (_, i) => {
        const augmentation = drawAugmentation(options, { seed, epoch: i + 1, index });
        return {
          sample: augmentSample(sample, augmentation, dataset),
          caption: inWords(augmentation),
        };
      });
      return [{ sample, caption: sample.id }, ...states];
    });
    const png = await augmentationSheet({
      ...{ height: dataset.height, width: dataset.width },
      ...{ maxDepth: dataset.maxDepth, depthUnit: dataset.depthUnit },
      title: `Training samples of ${dataset.name}, augmented`,
      subtitle: `seed ${seed}; ${describeOptions(options)}`,
      states: ['as read', ...Array.from({ length: epochs }, (_, i) => `epoch ${i + 1}`)],
      rows: await Promise.all(drawn),
    });
    await files.writeFileWhole(out, png);
  } finally {
    await dataset.close?.();
  }
  context.stdout.write(`${out}\n`);
}

const describeOptions = (options: object): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('–') : value}`)
    .join(', ');
