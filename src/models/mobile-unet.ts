/** A small network for phones and pages: inverted residuals at half resolution and below, one decoder for both tasks. */
import { add, maxPool2x2, pixelUnshuffle, relu, type Tensor } from '../graph/index.js';
import { batchNorm, convolution, groupedConvolution, subPixelConvolution } from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';
import type { Model } from './model.js';

/** Channels of the hidden layer for one of the input. */
const expansion = 4;

/**
 * Inverted residual (Sandler 2018): 1×1 to four times the channels, 3×3 depthwise, 1×1 without activation, each with
 * batch norm. The input is added where the channels stay.
 */
function invertedResidual(scope: Scope, x: Tensor, channels: number): Tensor {
  const hidden = expansion * x.shape[1];
  const active = (name: string, value: Tensor) => relu(batchNorm(scope.child(name), value));
  const wide = active('bn1', convolution(scope.child('expand'), x, hidden, 1));
  const mixed = active('bn2', groupedConvolution(scope.child('depthwise'), wide, hidden, 3, hidden));
  const narrow = batchNorm(scope.child('bn3'), convolution(scope.child('project'), mixed, channels, 1));
  return x.shape[1] === channels ? add(narrow, x) : narrow;
}

/**
 * Logits at full resolution. A quarter of the channels are doubled in size, and a 3×3 convolution after them evens out
 * the pattern that pixel shuffle leaves.
 */
function head(scope: Scope, x: Tensor): Tensor {
  const mixed = invertedResidual(scope.child('block'), x, x.shape[1]);
  const channels = Math.max(1, Math.round(x.shape[1] / 4));
  const doubled = subPixelConvolution(scope.child('expand'), mixed, channels);
  return convolution(scope.child('conv'), relu(batchNorm(scope.child('bn'), doubled)), 1, 3);
}

/**
 * Blocks of 2×2 pixels become channels, so that only the last layers work at full resolution; then 2-3-6-12 times the width
 * at 1/2 to 1/16, two inverted residuals a level, pooling between. The decoder doubles the size by a 1×1 convolution
 * and pixel shuffle, adds a projection of the encoder's level and applies one inverted residual. At width 8: 221,160
 * parameters for 6 input channels.
 */
export const mobileUNet: Model = {
  name: 'mobile-unet',
  summary: 'small U-Net of inverted residuals at half resolution, one decoder for both tasks',
  stride: 16,
  shared: ['stem', 'stem_bn', 'down1', 'down2', 'down3', 'down4', 'up1', 'up2', 'up3'],
  build(scope, x, width) {
    const [first, ...others] = [2, 3, 6, 12].map((factor) => factor * width);
    const stem = convolution(scope.child('stem'), pixelUnshuffle(x), first, 3);
    let current = relu(batchNorm(scope.child('stem_bn'), stem));
    const skips: Tensor[] = [];
    for (const [i, channels] of [first, ...others].entries()) {
      const level = scope.child(`down${i + 1}`);
      if (i > 0) {
        skips.unshift(current);
        current = maxPool2x2(current);
      }
      current = invertedResidual(level.child('block1'), current, channels);
      current = invertedResidual(level.child('block2'), current, channels);
    }
    for (const [i, skip] of skips.entries()) {
      const level = scope.child(`up${i + 1}`);
      const channels = skip.shape[1];
      const doubled = subPixelConvolution(level.child('expand'), current, channels);
      const joined = add(doubled, convolution(level.child('skip'), skip, channels, 1));
      current = invertedResidual(level.child('block'), joined, channels);
    }
    return {
      depth: head(scope.child('depth_head'), current),
      segmentation: head(scope.child('segmentation_head'), current),
    };
  },
};
