/** What augmentation may do to a training sample, and what it does to one: drawn from (seed, epoch, index) alone. */
import { createRandom } from '../synthetic/random.js';

/** Ranges that {@link drawAugmentation} draws from. */
export interface AugmentOptions {
  /** Probability of mirroring left and right. */
  readonly flip: number;
  /** Range of the zoom, from 1: a window of `1/scale` of each side, anywhere in the frame, fills the frame. */
  readonly scale: readonly [low: number, high: number];
  /** Divides depth by the zoom; see {@link Augmentation.depthFactor}. */
  readonly scaleDepth: boolean;
  /** All values are multiplied by a factor in `1 ± brightness`. */
  readonly brightness: number;
  /** Distances from the image's mean grey are multiplied by a factor in `1 ± contrast`. */
  readonly contrast: number;
  /** Distances of colours from grey are multiplied by a factor in `1 ± saturation`. */
  readonly saturation: number;
  /** Colours are turned by an angle in `± hue`, as a share of the full circle. */
  readonly hue: number;
  /** Largest standard deviation of Gaussian noise, on the 0–1 scale; a sample's own is between 0 and this. */
  readonly noise: number;
}

/** A moderate choice of everything, for photographs. */
export const standardAugmentation: AugmentOptions = {
  flip: 0.5,
  scale: [1, 1.5],
  scaleDepth: true,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hue: 0.02,
  noise: 0.02,
};

/** Which sample in which pass over the data: all that an augmentation depends on beside its options. */
export interface AugmentKey {
  readonly seed: number;
  readonly epoch: number;
  /** Of the sample in its data set. */
  readonly index: number;
}

/** What is done to one sample. */
export interface Augmentation {
  readonly flip: boolean;
  readonly scale: number;
  /** Where the window lies in the room the zoom leaves, 0–1: from the top, and from the left. */
  readonly top: number;
  readonly left: number;
  /**
   * Factor of depth, `1/scale` or 1. Seen through the same pinhole camera, a scene that appears `scale` times as
   * large is at `1/scale` of the depth (Eigen 2014). With 1, the zoom is a longer lens and depth stays.
   */
  readonly depthFactor: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
  readonly noise: number;
  /** Names the stream of the noise. */
  readonly noiseSeed: number;
}

/** Keeps these streams apart from others named by three integers. */
const domain = 0x6175676d;

/**
 * The augmentation of one sample. Every number is drawn whether it is used or not, so that changing one range changes
 * no other number.
 *
 * @example drawAugmentation(standardAugmentation, { seed: 0, epoch: 1, index: 7 }).flip
 */
export function drawAugmentation(options: AugmentOptions, { seed, epoch, index }: AugmentKey): Augmentation {
  const random = createRandom(seed, epoch, index, domain);
  const around = (one: number, range: number) => random.uniform(one - range, one + range);
  const flip = random.uniform(0, 1) < options.flip;
  const scale = random.uniform(...options.scale);
  return {
    flip,
    scale,
    top: random.uniform(0, 1),
    left: random.uniform(0, 1),
    depthFactor: options.scaleDepth ? 1 / scale : 1,
    brightness: around(1, options.brightness),
    contrast: around(1, options.contrast),
    saturation: around(1, options.saturation),
    hue: around(0, options.hue),
    noise: random.uniform(0, options.noise),
    noiseSeed: random.integer(0, 2 ** 31 - 1),
  };
}
