/** Symbolic tensors and their ops: what the rest of Fathom writes its computations in. */
export { batchNormEval, batchNormTrain } from './batch-norm.js';
export { choose } from './choose.js';
export { conv2d } from './convolution.js';
export { difference } from './difference.js';
export * from './elementwise.js';
export { gradients, topologicalOrder } from './gradient.js';
export { groupedConv2d } from './grouped-convolution.js';
export { jaccardSteps } from './jaccard-steps.js';
export * from './lowering.js';
export { matMul } from './matmul.js';
export { interleave, pixelShuffle, pixelUnshuffle, shuffleChannels } from './pixel-shuffle.js';
export { maxPool2x2 } from './pooling.js';
export { imageProducts, imageSums, sumOfMagnitudes, sumOfProducts, sumOfSquares } from './product-sums.js';
export { max, mean, sum } from './reduce.js';
export * from './shape.js';
export { concat, expand, type PadMode, pad, reshape, slice, split, transpose, zeros } from './shaping.js';
export { sobel, sobelSmooth } from './sobel.js';
export { cumulativeSum, sortDescending, takeAlong } from './sorting.js';
export {
  constant,
  constantValue,
  input,
  inputOp,
  type Node,
  type Op,
  type Operand,
  scalar,
  Tensor,
} from './tensor.js';
