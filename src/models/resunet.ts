/** The two residual U-Nets of the published study, 15.9 M and 30.3 M parameters at width 32, and a third of grouped convolutions. */
import { convolution } from '../nn/layers.js';
import { aggregatedBlock, type Block, decoder, encoder, head, residualBlock } from './blocks.js';
import type { Model } from './model.js';

/** Channels for a width, at least one. */
const scaled = (width: number, factors: readonly number[]): number[] =>
  factors.map((factor) => Math.max(1, Math.round(width * factor)));

/** 5×5 stem, four down blocks, a bridge, and two decoders, the segmentation one linked to the depth one. */
const linkedUNet =
  (block: Block): Model['build'] =>
  (scope, x, width) => {
    const stem = convolution(scope.child('stem'), x, width, 5);
    const encoded = encoder(scope.child('encoder'), stem, scaled(width, [2, 4, 8, 16]), block);
    const depth = decoder(scope.child('depth'), encoded, scaled(width, [8, 4, 2, 0.5]), [], block);
    const levels = scaled(width, [2, 2, 1, 0.5]);
    const segmentation = decoder(scope.child('segmentation'), encoded, levels, depth, block);
    return {
      depth: head(scope.child('depth_head'), depth),
      segmentation: head(scope.child('segmentation_head'), segmentation),
    };
  };

/**
 * 5×5 stem, four down blocks, a bridge, and two decoders; each level of the depth decoder is linked to the same
 * level of the segmentation decoder. At width 32: 32-64-128-256-512 down, depth 256-128-64-16, segmentation
 * 64-64-32-16, 15,855,712 parameters for 6 input channels.
 */
export const resunet: Model = {
  name: 'resunet',
  summary: 'residual U-Net with a stem and links from the depth to the segmentation decoder',
  stride: 16,
  shared: ['stem', 'encoder'],
  build: linkedUNet(residualBlock),
};

/** {@link resunet} with ResNeXt blocks (Xie 2017): 4,378,336 parameters at width 32 for 6 input channels. */
export const resunext: Model = {
  name: 'resunext',
  summary: 'resunet with bottlenecks and grouped convolutions: about a quarter of its parameters',
  stride: 16,
  shared: ['stem', 'encoder'],
  build: linkedUNet(aggregatedBlock),
};

/**
 * The study's first design: no stem, no links, both decoders 512-256-128-64 at width 32; 30,264,844 parameters for
 * 6 input channels.
 */
export const resunetWide: Model = {
  name: 'resunet-wide',
  summary: 'residual U-Net with two wide, independent decoders',
  stride: 16,
  shared: ['encoder'],
  build(scope, x, width) {
    const encoded = encoder(scope.child('encoder'), x, scaled(width, [2, 4, 8, 16]));
    const levels = scaled(width, [16, 8, 4, 2]);
    return {
      depth: head(scope.child('depth_head'), decoder(scope.child('depth'), encoded, levels)),
      segmentation: head(
        scope.child('segmentation_head'),
        decoder(scope.child('segmentation'), encoded, levels),
      ),
    };
  },
};
