/** Powers and roots whose gradient stays finite at 0. */
import { clamp, exp, greater, log, mul, scalar, sqrt, square, type Tensor, where } from '../graph/index.js';

/** Bases below this count as it in {@link power}. */
const smallestBase = 1e-30;

/** `x^exponent` for `x ≥ 0`. At 0 the gradient is 0, also where the true one is infinite (exponents below 1). */
export function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 0) return scalar(1);
  if (exponent === 1) return x;
  if (exponent === 2) return square(x);
  return exp(mul(log(clamp(x, smallestBase)), exponent));
}

/** `√x`; 0 with gradient 0 where `x ≤ 0`. */
export const safeSqrt = (x: Tensor): Tensor => where(greater(x, 0), sqrt(clamp(x, 1e-24)), 0);

/** Arguments below this count as it in {@link safeLog}. */
const smallestLogArgument = 1e-12;

/** `ln max(x, 1e-12)`, with gradient 0 below. */
export const safeLog = (x: Tensor): Tensor => log(clamp(x, smallestLogArgument));
