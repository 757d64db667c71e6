/** Augmented samples: the geometry of all planes together, the colours of the images, the depth that fits the zoom. */
import type { Dataset, Sample } from '../dataset.js';
import { recolour } from './colour.js';
import { type Augmentation, type AugmentOptions, drawAugmentation } from './draw.js';
import { geometry } from './geometry.js';

/**
 * A sample with everything done to it that `augmentation` says; the given one is not changed.
 *
 * Image and background are interpolated and recoloured alike. Mask, depth and valid maps are picked from the nearest
 * pixel: no depth between two surfaces is invented, and nothing is mixed with what is not valid.
 */
export function augmentSample(
  sample: Sample,
  augmentation: Augmentation,
  { height, width }: Pick<Dataset, 'height' | 'width'>,
): Sample {
  const { interpolate, pick } = geometry(augmentation, height, width);
  const image = interpolate(sample.image);
  const background = sample.background && interpolate(sample.background);
  const colours = recolour(augmentation, image);
  if (background) colours(background, 1);
  colours(image, 0);
  const depth = pick(sample.depth);
  const { depthFactor } = augmentation;
  if (depthFactor !== 1) for (let i = 0; i < depth.length; i++) depth[i] = Math.round(depth[i] * depthFactor);
  return {
    id: sample.id,
    scene: sample.scene,
    image,
    background,
    mask: pick(sample.mask),
    depth,
    maskValid: pick(sample.maskValid),
    depthValid: pick(sample.depthValid),
  };
}

/**
 * The data set as training sees it in one epoch: sample `i` is a function of the options, `seed`, `epoch` and `i`.
 * Without options, the data set itself.
 *
 * @example loadBatches(augmented(dataset, standardAugmentation, { seed: 0, epoch: 1 }), order, { batch: 8 })
 */
export function augmented(
  dataset: Dataset,
  options: AugmentOptions | undefined,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Dataset {
  if (!options) return dataset;
  return {
    ...dataset,
    fingerprint: `${dataset.fingerprint}-augmented-${JSON.stringify({ options, seed, epoch })}`,
    async read(index) {
      const sample = await dataset.read(index);
      return augmentSample(sample, drawAugmentation(options, { seed, epoch, index }), dataset);
    },
  };
}
