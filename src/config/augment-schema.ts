/** The key `train.augment`: how training samples are varied. */
import { z } from 'zod';
import { standardAugmentation } from '../data/augmentation/draw.js';
import { flag, number } from './fields.js';

const spread = () => number({ min: 0, below: 1 }).default(0);

const scaleText = 'a range such as [1, 1.5], from 1 to at most 4';

const options = z.strictObject({
  flip: number({ min: 0, max: 1 }).default(0).describe('Probability of mirroring left and right.'),
  scale: z
    .tuple([number({ min: 1, max: 4 }), number({ min: 1, max: 4 })], { error: scaleText })
    .refine(([low, high]) => low <= high, { error: scaleText })
    .default([1, 1])
    .describe('Range of the zoom. A window of 1/scale of each side, anywhere in the image, fills the image.'),
  scaleDepth: flag()
    .default(true)
    .describe(
      'Divides depth by the zoom, as for the same camera nearer by. False: depth stays, as for a longer lens.',
    ),
  brightness: spread().describe('Values are multiplied by a factor in 1 ± this.'),
  contrast: spread().describe("Distances from the image's mean grey are multiplied by a factor in 1 ± this."),
  saturation: spread().describe('Distances of colours from grey are multiplied by a factor in 1 ± this.'),
  hue: number({ min: 0, max: 0.5 })
    .default(0)
    .describe('Colours are turned by up to ± this share of the circle.'),
  noise: number({ min: 0, max: 1 })
    .default(0)
    .describe('Gaussian noise of a standard deviation between 0 and this, for values of 0-1.'),
});

const augmentText = 'standard, or keys such as { flip: 0.5, scale: [1, 1.5] }';

/** `train.augment`: absent for none, `standard`, or the ranges one by one. */
export const augment = z
  .union([z.literal('standard', { error: augmentText }), options], { error: augmentText })
  .transform((value) => (value === 'standard' ? options.parse(standardAugmentation) : value))
  .optional()
  .describe(
    'Variation of the training samples, drawn anew each epoch. None unless given; standard is a moderate choice of all.',
  );
