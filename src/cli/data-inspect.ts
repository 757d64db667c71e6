/** `fathom data inspect`: what is in a data set, and the configuration to paste. */
import type { Dataset, Splits } from '../data/dataset.js';
import type { Survey } from '../data/inspect/survey.js';
import { FathomError } from '../errors.js';
import type { CliContext, Register } from './context.js';
import { integerFlag } from './number-flags.js';
import { createProgress } from './progress.js';

interface InspectFlags {
  readonly limit: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Samples on the contact sheet. */
const sheetSamples = 12;

/** Lines of a list that are printed; `--json` has them all. */
const maxLines = 8;

/** Adds `fathom data inspect` to its family. */
export const registerInspect: Register = (family, context) => {
  family
    .command('inspect')
    .description('say what a data set holds, draw a contact sheet, and propose the configuration to paste')
    .argument('<path>', 'a folder, .zip or .mat file, or a .yaml configuration')
    .option('--limit <samples>', 'samples to read, spread evenly', integerFlag('limit'), 1000)
    .option('--out <file>', 'the contact sheet', 'contact-sheet.png')
    .option('--json', 'print JSON')
    .action(async (path: string, flags: InspectFlags) => inspect(path, flags, context));
};

async function inspect(path: string, { limit, out, json }: InspectFlags, context: CliContext): Promise<void> {
  const [{ openInspected, assertReadable }, { surveyDataset }, { contactSheet }, { spread }, files] =
    await Promise.all([
      import('./inspected.js'),
      import('../data/inspect/survey.js'),
      import('../figures/contact-sheet.js'),
      import('../train/test-run.js'),
      import('../train/write-file.js'),
    ]);
  const { dataset, splits: found, block } = await openInspected(path, context);
  const splits = found instanceof FathomError ? undefined : found;
  const { stdout, stderr, env, signal } = context;
  try {
    const indices = spread(
      Array.from({ length: dataset.length }, (_, i) => i),
      limit,
    );
    const progress = createProgress({ stream: stderr, total: indices.length, label: 'reading', env });
    const onProgress = (done: number) => progress.update(done);
    const survey = await surveyDataset(dataset, { indices, splits, onProgress, signal }).finally(() =>
      progress.done(),
    );
    assertReadable(path, survey.read, survey.broken);
    const broken = new Set(survey.broken.map(({ index }) => index));
    const whole = indices.filter((index) => !broken.has(index));
    const samples = await Promise.all(spread(whole, sheetSamples).map((index) => dataset.read(index)));
    const { height, width, maxDepth, depthUnit } = dataset;
    const subtitle = `${dataset.length} samples of ${scenesOf(dataset).size} scenes, at ${width}×${height}`;
    await files.writeFileWhole(
      out,
      await contactSheet({ title: dataset.name, subtitle, height, width, maxDepth, depthUnit, samples }),
    );
    if (json)
      stdout.write(
        files.jsonText({ ...facts(dataset, splits), ...survey, contactSheet: out, config: block }),
      );
    else
      stdout.write(
        `${describe(dataset, found, survey).join('\n')}\n\n${out}: contact sheet\n${proposal(block)}`,
      );
  } finally {
    await dataset.close?.();
  }
}

function scenesOf(dataset: Dataset): Map<string, number> {
  const scenes = new Map<string, number>();
  for (let i = 0; i < dataset.length; i++)
    scenes.set(dataset.scene(i), (scenes.get(dataset.scene(i)) ?? 0) + 1);
  return scenes;
}

const facts = (dataset: Dataset, splits?: Splits) => ({
  ...{ name: dataset.name, length: dataset.length, maxDepth: dataset.maxDepth, depthUnit: dataset.depthUnit },
  scenes: scenesOf(dataset).size,
  splits: splits && {
    train: splits.train.length,
    validation: splits.validation.length,
    test: splits.test.length,
  },
});

const percent = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;

function describe(dataset: Dataset, splits: Splits | FathomError, survey: Survey): string[] {
  const { maxDepth, depthUnit, hasBackground } = dataset;
  const scenes = [...scenesOf(dataset).values()];
  const depth = (share: number) => `${(share * maxDepth).toFixed(2)}${depthUnit && ` ${depthUnit}`}`;
  const range = (moments: readonly { min: number; max: number }[]) =>
    `${Math.min(...moments.map(({ min }) => min))}-${Math.max(...moments.map(({ max }) => max))}`;
  const { sizes, image, mask, invalid, broken, duplicates } = survey;
  const line = (name: string, text: string) => `${name.padEnd(13)} ${text}`;
  return [
    line('data set', `${dataset.name}: ${dataset.length} samples${hasBackground ? ' with backgrounds' : ''}`),
    line(
      'read',
      `${survey.read}${survey.read < dataset.length ? ', spread evenly; the following is about them' : ''}`,
    ),
    line(
      'sizes',
      sizes
        .slice(0, maxLines)
        .map(([size, count]) => `${size} (${count})`)
        .join(', ') + (sizes.length > maxLines ? `, and ${sizes.length - maxLines} more` : ''),
    ),
    line('scenes', `${scenes.length}, of ${Math.min(...scenes)} to ${Math.max(...scenes)} samples`),
    line(
      'splits',
      splits instanceof FathomError
        ? `none: ${splits.message}`
        : `train ${splits.train.length}, validation ${splits.validation.length}, test ${splits.test.length}`,
    ),
    line('image', `values ${range(image)}, mean ${image.map(({ mean }) => mean.toFixed(0)).join(' ')}`),
    line(
      'mask',
      `foreground ${percent(survey.foreground)}, background ${percent(1 - survey.foreground)}; ${percent(survey.soft)} soft; values ${range([mask])}; ${survey.emptyMasks} masks empty`,
    ),
    line(
      'depth',
      `${depth(survey.depth.min)} to ${depth(survey.depth.max)}, mean ${depth(survey.depth.mean)}`,
    ),
    ...histogramLines(survey.depthHistogram, depth),
    line('not counted', `${percent(invalid.mask)} of the masks, ${percent(invalid.depth)} of the depth`),
    line('broken', `${broken.length || 'none'}`),
    ...listed(broken.map(({ message }) => message)),
    line(
      'duplicates',
      duplicates.length > 0
        ? `${duplicates.length} pairs across splits look the same: give their scenes a rule (dataset.scene)`
        : 'none across splits',
    ),
    ...listed(duplicates.map(([a, b]) => `${a} and ${b}`)),
  ];
}

const listed = (lines: readonly string[]) => [
  ...lines.slice(0, maxLines).map((text) => `              ${text}`),
  ...(lines.length > maxLines ? [`              and ${lines.length - maxLines} more`] : []),
];

/** A bar for each step of depth. */
function histogramLines(counts: readonly number[], depth: (share: number) => string): string[] {
  const most = Math.max(...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = depth((counts.length - 1) / counts.length).length;
  return counts.map((count, i) => {
    const bar = '█'.repeat(Math.round((30 * count) / Math.max(1, most)));
    return `              ${depth(i / counts.length).padStart(width)} ${bar.padEnd(30)} ${percent(count / Math.max(1, total)).padStart(7)}`;
  });
}

const proposal = (block: string | undefined) =>
  block === undefined
    ? ''
    : `\nto train on it, put this into fathom.yaml, check what the numbers mean, and run: fathom study fathom.yaml\n\n${block}`;
