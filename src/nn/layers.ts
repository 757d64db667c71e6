/** Layers: functions that ask a scope for their parameters and apply ops. */
import {
  batchNormEval,
  batchNormTrain,
  conv2d,
  groupedConv2d,
  interleave,
  shuffleChannels,
  stopGradient,
  type Tensor,
} from '../graph/index.js';
import { filled, kaimingUniform } from './initialisers.js';
import type { Scope } from './scope.js';

/** Convolution without bias, stride 1, size kept: `x [N, C, H, W]` to `[N, channels, H, W]`; parameter `weight`. */
export function convolution(scope: Scope, x: Tensor, channels: number, kernel: number): Tensor {
  return conv2d(x, scope.parameter('weight', [channels, x.shape[1], kernel, kernel], kaimingUniform));
}

/**
 * Convolution in `groups` of channels that do not see each other, otherwise as {@link convolution}; with one group a
 * channel it is depthwise. Parameter `weight [channels, C/groups, kernel, kernel]`.
 */
export function groupedConvolution(
  scope: Scope,
  x: Tensor,
  channels: number,
  kernel: number,
  groups: number,
): Tensor {
  const shape = [channels, x.shape[1] / groups, kernel, kernel];
  return groupedConv2d(x, scope.parameter('weight', shape, kaimingUniform), groups);
}

/**
 * Batch normalisation with parameters `weight`, `bias` and buffers `running_mean`, `running_var`.
 * Running statistics move by `0.9·old + 0.1·batch`, with the unbiased variance of the batch.
 */
export function batchNorm(scope: Scope, x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  const weight = scope.parameter('weight', [c], filled(1));
  const bias = scope.parameter('bias', [c], filled(0));
  const runningMean = scope.buffer('running_mean', [c], 0);
  const runningVariance = scope.buffer('running_var', [c], 1);
  if (!scope.training) return batchNormEval(x, weight, bias, runningMean, runningVariance);
  const { y, mean, variance } = batchNormTrain(x, weight, bias);
  const count = n * h * w;
  scope.update('running_mean', stopGradient(mean));
  scope.update('running_var', stopGradient(variance), count / Math.max(1, count - 1));
  return y;
}

/**
 * Doubles height and width: a 1×1 convolution to `4·channels` and PyTorch's `pixel_shuffle`, parameter `weight`.
 * The kernel's rows are shuffled instead of the much larger result.
 */
export function subPixelConvolution(scope: Scope, x: Tensor, channels: number): Tensor {
  const weight = scope.parameter('weight', [4 * channels, x.shape[1], 1, 1], kaimingUniform);
  return interleave(conv2d(x, shuffleChannels(weight, 0)));
}
