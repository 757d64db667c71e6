/** The blocks both residual U-Nets are built from. */
import { add, maxPool2x2, relu, type Tensor } from '../graph/index.js';
import { batchNorm, convolution, subPixelConvolution } from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';

/**
 * Pre-activation residual block (He 2016): `conv(relu(bn(conv(relu(bn(x)))))) + shortcut(x)`, 3×3 kernels.
 * The shortcut is a 1×1 projection with batch norm, or the identity where `projection` is false.
 */
export function residualBlock(scope: Scope, x: Tensor, channels: number, projection = true): Tensor {
  const first = convolution(scope.child('conv1'), relu(batchNorm(scope.child('bn1'), x)), channels, 3);
  const second = convolution(scope.child('conv2'), relu(batchNorm(scope.child('bn2'), first)), channels, 3);
  if (!projection) return add(second, x);
  const shortcut = convolution(scope.child('projection'), x, channels, 1);
  return add(second, batchNorm(scope.child('projection_bn'), shortcut));
}

/** Output of {@link encoder}. */
export interface Encoded {
  /** At 1/16 of the input's size. */
  readonly bottom: Tensor;
  /** Outputs of the down blocks before pooling, the coarsest (1/8) first. */
  readonly skips: readonly Tensor[];
}

/** Down blocks of the given channels, each halving the size, and a bridge block at the bottom. */
export function encoder(scope: Scope, x: Tensor, channels: readonly number[]): Encoded {
  const skips: Tensor[] = [];
  let current = x;
  channels.forEach((c, i) => {
    const out = residualBlock(scope.child(`down${i + 1}`), current, c);
    skips.unshift(out);
    current = maxPool2x2(out);
  });
  return { bottom: residualBlock(scope.child('bridge'), current, channels.at(-1)!, false), skips };
}

/**
 * Up blocks: the size is doubled by a 1×1 convolution and pixel shuffle, the skip of that size and any `links` are
 * added through 1×1 projections, and a residual block gives the level its channels. Returns every level's output.
 */
export function decoder(
  scope: Scope,
  { bottom, skips }: Encoded,
  channels: readonly number[],
  links: readonly Tensor[] = [],
): Tensor[] {
  let current = bottom;
  return channels.map((c, i) => {
    const level = scope.child(`up${i + 1}`);
    const width = current.shape[1];
    let joined = add(
      subPixelConvolution(level.child('expand'), current, width),
      convolution(level.child('skip'), skips[i], width, 1),
    );
    if (links[i]) joined = add(joined, convolution(level.child('link'), links[i], width, 1));
    current = residualBlock(level.child('block'), joined, c);
    return current;
  });
}

/** One channel of logits from the finest level. */
export const head = (scope: Scope, levels: readonly Tensor[]): Tensor =>
  convolution(scope, levels.at(-1)!, 1, 1);
