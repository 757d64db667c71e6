/** The keys of `dataset`: where images come from, what their files mean, and how they are split. */
import { z } from 'zod';
import { defaultKind, integer, labels, number, ratio, text } from './fields.js';

/** Height and width are halved four times by the networks. */
const stride = 16;

const maxSide = 4096;

const sideError = ({ input }: { input?: unknown }): string => {
  if (typeof input !== 'number' || input > maxSide) return `a multiple of ${stride}, at most ${maxSide}`;
  const below = Math.floor(input / stride) * stride;
  return `a multiple of ${stride} (nearest: ${below < stride ? stride : `${below} and ${below + stride}`})`;
};

const side = z
  .int({ error: sideError })
  .min(stride, { error: sideError })
  .max(maxSide, { error: sideError })
  .multipleOf(stride, { error: sideError });

const size = z
  .union([side, z.tuple([side, side])], { error: `one multiple of ${stride}, or two: [height, width]` })
  .transform((value): [height: number, width: number] => (typeof value === 'number' ? [value, value] : value))
  .describe('Training size in pixels: one number, or [height, width]; each a multiple of 16.');

const splitShares = z
  .strictObject({
    validation: number({ above: 0, below: 1 })
      .default(0.15)
      .describe('Share of the scenes that chooses the checkpoint.'),
    test: number({ above: 0, below: 1 })
      .default(0.15)
      .describe('Share of the scenes that is read once, at the end. Not used when dataset.test is given.'),
  })
  .refine(({ validation, test }) => validation + test < 1, {
    error: 'validation and test to sum to less than 1',
  })
  .prefault({})
  .describe('Shares of the scenes that are kept from training. A scene never falls into two splits.');

const maskFiles = z
  .strictObject({
    folder: text('the name of a folder').default('mask').describe('Sub-folder of the masks or label maps.'),
    foreground: labels().optional().describe('Labels that are foreground; makes the files label maps.'),
    background: labels()
      .optional()
      .describe(
        'Labels that are background. Alone: all others are foreground. With foreground: the rest is ignored.',
      ),
    ignore: labels().optional().describe('Labels that are not counted, such as 255 for void.'),
    threshold: number({ above: 0, max: 1 })
      .optional()
      .describe('Makes a grey mask hard: foreground where its value, 0–1, is at least this.'),
  })
  .prefault({})
  .describe(
    'Which files hold the masks, and what their numbers mean. Without labels they are grey masks, 0–255.',
  );

const depthFiles = z
  .strictObject(
    {
      folder: text('the name of a folder')
        .default('depth')
        .describe('Sub-folder of the depth maps, 8 or 16 bit.'),
      scale: ratio('1/1000').describe(
        'Depth of one step of the stored integers: depth = stored × scale, in the unit below.',
      ),
      maxDepth: number({ above: 0 }).describe(
        'Depth that is normalised to 1; deeper pixels are not counted.',
      ),
      unit: z
        .string({ error: 'a unit such as m' })
        .default('m')
        .describe('Unit of scale and maxDepth; empty for relative depth.'),
      invalid: labels().default([0]).describe('Stored integers that mean "not measured".'),
    },
    {
      error: ({ code }) =>
        code === 'invalid_type'
          ? 'keys and values such as { folder: depth, scale: 1/1000, maxDepth: 10 }'
          : undefined,
    },
  )
  .describe('Which files hold depth, and what their numbers mean.');

const compositeMask = z
  .strictObject({
    folder: text('the name of a folder').default('fg_bg_mask').describe('Sub-folder of the masks.'),
    threshold: number({ above: 0, max: 1 })
      .optional()
      .describe('Makes the masks hard: foreground where the coverage, 0–1, is at least this.'),
  })
  .prefault({})
  .describe('Which files hold the masks: grey, 0–255.');

const compositeDepth = z
  .strictObject({
    folder: text('the name of a folder')
      .default('depth_fg_bg')
      .describe('Sub-folder of the depth maps, 8 or 16 bit.'),
    scale: ratio('1/255')
      .prefault('1/255')
      .describe('Depth of one step of the stored integers: depth = stored × scale, in the unit below.'),
    maxDepth: number({ above: 0 })
      .default(1)
      .describe('Depth that is normalised to 1; deeper pixels do not count.'),
    unit: z
      .string({ error: 'a unit such as m' })
      .default('')
      .describe('Unit of scale and maxDepth; empty for relative depth.'),
    invalid: labels().default([]).describe('Stored integers that mean "not measured".'),
  })
  .prefault({})
  .describe('Which files hold depth, and what their numbers mean. The published maps are relative, 0–255.');

const hasGroup = (pattern: string): boolean => {
  try {
    return new RegExp(`${pattern}|`).exec('')!.length > 1;
  } catch {
    return false;
  }
};

const patternText = "a regular expression with a group, such as '^(.*)_'";

const scene = z
  .union(
    [
      z.strictObject({
        block: integer({ min: 1 }).describe('So many neighbours, in order of their names, are a scene.'),
      }),
      z.strictObject({
        pattern: text(patternText)
          .refine(hasGroup, { error: patternText })
          .describe(
            'Samples in whose names the first group of this regular expression is the same are a scene.',
          ),
      }),
    ],
    { error: `{ block: 10 } or { pattern: '^(.*)_' }` },
  )
  .optional()
  .describe('Which samples belong together. Without it every sample is its own scene.');

const common = {
  size: size.prefault(64),
  split: splitShares,
};

const synthetic = z.strictObject({
  kind: defaultKind('synthetic').describe('Rooms with foreground figures and exact depth, made by Fathom.'),
  count: integer({ min: 1 }).default(8192).describe('Images to make, before the fraction is drawn.'),
  fraction: ratio('1/16', 1)
    .prefault('1/16')
    .describe('Share of the images that is used, drawn by the seed.'),
  ...common,
});

const folder = z.strictObject({
  kind: z.literal('folder').describe('Your own images, masks and depth maps, matched by name.'),
  path: text('a folder or a .zip file').describe('A folder or a .zip file, relative to this file.'),
  test: text('a folder or a .zip file')
    .optional()
    .describe('A second folder or .zip file of the same layout, whose samples are the test split.'),
  image: text('the name of a folder').default('image').describe('Sub-folder of the images.'),
  mask: maskFiles,
  depth: depthFiles,
  background: z
    .strictObject({ folder: text('the name of a folder').describe('Sub-folder of the empty scenes.') })
    .optional()
    .describe('The scenes without their foreground, where you have them; a second input of the network.'),
  scene,
  limit: integer({ min: 1 })
    .optional()
    .describe('Uses only the first so many samples, in order of their names.'),
  fraction: ratio('1/16', 1).prefault(1).describe('Share of the samples that is used, drawn by the seed.'),
  ...common,
});

const composite = z.strictObject({
  kind: z
    .literal('composite')
    .describe("The published study's layout: composites, masks and depth maps nested by background."),
  path: text('a folder or a .zip file').describe(
    'A folder of the folders below or of one .zip file for each, or a .zip file of all; relative to this file.',
  ),
  image: text('the name of a folder').default('fg_bg').describe('Sub-folder of the composites.'),
  mask: compositeMask,
  depth: compositeDepth,
  background: z
    .strictObject({
      folder: text('the name of a folder').default('bg').describe('Sub-folder of the empty scenes.'),
      pattern: text(patternText)
        .refine(hasGroup, { error: patternText })
        .optional()
        .describe(
          "A regular expression whose first group, in a composite's name, is its background's name or number.",
        ),
    })
    .prefault({})
    .describe('The empty scenes. Each is a scene: its composites never fall into different splits.'),
  limit: integer({ min: 1 })
    .optional()
    .describe('Uses only the first so many composites, in order of their names.'),
  fraction: ratio('1/16', 1).prefault(1).describe('Share of the composites that is used, drawn by the seed.'),
  ...common,
});

/** Classes of NYU Depth v2 that are the room itself. */
const roomClasses = [
  'wall',
  'floor',
  'ceiling',
  'window',
  'door',
  'blinds',
  'curtain',
  'floor mat',
  'column',
];

const nyu = z.strictObject({
  kind: z.literal('nyu').describe("NYU Depth v2's official nyu_depth_v2_labeled.mat."),
  path: text('a .mat file').describe('nyu_depth_v2_labeled.mat, relative to this file.'),
  splits: text('a .mat file')
    .optional()
    .describe('The official splits.mat, relative to this file: its testNdxs become the test split.'),
  background: z
    .array(text('the name of a class'), { error: 'a list of classes such as [wall, floor]' })
    .default(roomClasses)
    .describe('Classes that are background; all others are foreground, unlabelled pixels do not count.'),
  maxDepth: number({ above: 0 })
    .default(10)
    .describe('Metres that are normalised to 1; deeper pixels do not count.'),
  raw: z
    .boolean({ error: 'true or false' })
    .default(false)
    .describe("The sensor's own depth, whose gaps do not count, in place of the filled one."),
  limit: integer({ min: 1 }).optional().describe('Uses only the first so many samples.'),
  fraction: ratio('1/16', 1).prefault(1).describe('Share of the samples that is used, drawn by the seed.'),
  ...common,
});

/** The `dataset` key: synthetic rooms, or files of the user's. */
export const dataset = z
  .discriminatedUnion('kind', [synthetic, folder, composite, nyu])
  .prefault({})
  .describe('Where the images come from.');
