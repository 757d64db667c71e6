/** The blocks the residual U-Nets are built from. */
import { add, maxPool2x2, relu, type Tensor } from '../graph/index.js';
import { batchNorm, convolution, groupedConvolution, subPixelConvolution } from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';

/**
 * Pre-activation residual block (He 2016): `conv(relu(bn(conv(relu(bn(x)))))) + shortcut(x)`, 3×3 kernels.
 * The shortcut is a 1×1 projection with batch norm, or the identity where `projection` is false.
 */
export function residualBlock(scope: Scope, x: Tensor, channels: number, projection = true): Tensor {
  const first = convolution(scope.child('conv1'), relu(batchNorm(scope.child('bn1'), x)), channels, 3);
  const second = convolution(scope.child('conv2'), relu(batchNorm(scope.child('bn2'), first)), channels, 3);
  return add(second, projection ? shortcut(scope, x, channels) : x);
}

/** Channels that see each other in the 3×3 convolution of a ResNeXt block, as in ResNeXt-50 32×4d. */
const groupChannels = 4;

/**
 * Pre-activation ResNeXt block (Xie 2017): 1×1 to half the channels, 3×3 in groups of four channels, 1×1 back, each
 * after batch norm and ReLU; shortcut as in {@link residualBlock}. Half the channels that no four divide are one group.
 */
export function aggregatedBlock(scope: Scope, x: Tensor, channels: number, projection = true): Tensor {
  const inner = Math.max(1, Math.round(channels / 2));
  const groups = inner % groupChannels === 0 ? inner / groupChannels : 1;
  const active = (name: string, value: Tensor) => relu(batchNorm(scope.child(name), value));
  const reduced = convolution(scope.child('conv1'), active('bn1', x), inner, 1);
  const mixed = groupedConvolution(scope.child('conv2'), active('bn2', reduced), inner, 3, groups);
  const restored = convolution(scope.child('conv3'), active('bn3', mixed), channels, 1);
  return add(restored, projection ? shortcut(scope, x, channels) : x);
}

/** A 1×1 projection with batch norm. */
const shortcut = (scope: Scope, x: Tensor, channels: number): Tensor =>
  batchNorm(scope.child('projection_bn'), convolution(scope.child('projection'), x, channels, 1));

/** A residual block: what {@link encoder} and {@link decoder} are made of. */
export type Block = typeof residualBlock;

/** Output of {@link encoder}. */
export interface Encoded {
  /** At 1/16 of the input's size. */
  readonly bottom: Tensor;
  /** Outputs of the down blocks before pooling, the coarsest (1/8) first. */
  readonly skips: readonly Tensor[];
}

/** Down blocks of the given channels, each halving the size, and a bridge block at the bottom. */
export function encoder(
  scope: Scope,
  x: Tensor,
  channels: readonly number[],
  block: Block = residualBlock,
): Encoded {
  const skips: Tensor[] = [];
  let current = x;
  channels.forEach((c, i) => {
    const out = block(scope.child(`down${i + 1}`), current, c);
    skips.unshift(out);
    current = maxPool2x2(out);
  });
  return { bottom: block(scope.child('bridge'), current, channels.at(-1)!, false), skips };
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
  block: Block = residualBlock,
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
    current = block(level.child('block'), joined, c);
    return current;
  });
}

/** One channel of logits from the finest level. */
export const head = (scope: Scope, levels: readonly Tensor[]): Tensor =>
  convolution(scope, levels.at(-1)!, 1, 1);
