/** Gradient clipping by the norm of all gradients together (Pascanu 2013). */
import { add, div, minimum, mul, sqrt, square, sum, type Tensor } from '../graph/index.js';

/** Gradients after clipping, and their norm before. */
export interface ClippedGradients {
  readonly gradients: readonly Tensor[];
  /** Scalar: the Euclidean norm of all gradients end to end. */
  readonly norm: Tensor;
}

/** Each gradient times `min(1, maxNorm / (norm + 1e-6))`, as PyTorch's `clip_grad_norm_`. */
export function clipByGlobalNorm(gradients: readonly Tensor[], maxNorm: number): ClippedGradients {
  const norm = sqrt(gradients.map((gradient) => sum(square(gradient))).reduce(add));
  const scale = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => mul(gradient, scale)), norm };
}
