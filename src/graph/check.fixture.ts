/** What the graph's tests share: running a graph once, and gradients by finite differences. */
import { compile } from '../runtime/node.js';
import { constant, gradients, input, mul, type Shape, sizeOf, sum, type Tensor } from './index.js';

/** Values of an input. */
export interface Case {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** `of([2], 1, 2)`: an input of shape `[2]`. */
export const of = (shape: Shape, ...values: number[]): Case => ({ shape, values });

/** Numbers in (−1, 1) that look random and are the same at every run. */
export function arbitrary(shape: Shape, seed = 1): Case {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });
  return { shape, values };
}

/** Symbolic inputs `x0`, `x1`, … for the cases, and their feeds. */
export function bind(cases: readonly Case[]): { tensors: Tensor[]; feeds: Record<string, Float32Array> } {
  return {
    tensors: cases.map(({ shape }, i) => input(`x${i}`, shape)),
    feeds: Object.fromEntries(cases.map(({ values }, i) => [`x${i}`, Float32Array.from(values)])),
  };
}

/** Values of `build`'s result. */
export async function evaluate(
  build: (...x: Tensor[]) => Tensor,
  cases: readonly Case[] = [],
): Promise<number[]> {
  const { tensors, feeds } = bind(cases);
  const program = await compile({ y: build(...tensors) }, { threads: 1 });
  const used = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]]));
  const { y } = await program.run(used);
  await program.dispose();
  return Array.from(y, Number);
}

/** Gradients of `Σ w·y` for arbitrary weights `w`, by the graph and by finite differences, one list an input. */
export async function bothGradients(
  build: (...x: Tensor[]) => Tensor,
  cases: readonly Case[],
): Promise<{ analytic: number[][]; numeric: number[][] }> {
  const { tensors, feeds } = bind(cases);
  const y = build(...tensors);
  const loss = sum(mul(y, constant(arbitrary(y.shape, 7).values, y.shape)));
  const symbolic = Object.fromEntries(gradients(loss, tensors).map((g, i) => [`g${i}`, g]));
  const backward = await compile(symbolic, { threads: 1 });
  const forward = await compile({ loss }, { threads: 1 });
  const pick = (names: readonly { name: string }[]) =>
    Object.fromEntries(names.map(({ name }) => [name, feeds[name]]));

  const results = await backward.run(pick(backward.inputs));
  const forwardFeeds = pick(forward.inputs);
  const lossAt = async (values: Float32Array, i: number, x: number) => {
    values[i] = x;
    return (await forward.run(forwardFeeds)).loss[0] as number;
  };
  const numeric: number[][] = [];
  for (const k of tensors.keys()) {
    const values = feeds[`x${k}`];
    const slopes: number[] = [];
    for (const [i, x] of [...values].entries()) {
      // Fourth order, so that the step can be large enough for float32.
      const h = 0.02;
      const near = (await lossAt(values, i, x + h)) - (await lossAt(values, i, x - h));
      const far = (await lossAt(values, i, x + 2 * h)) - (await lossAt(values, i, x - 2 * h));
      values[i] = x;
      slopes.push((8 * near - far) / (12 * h));
    }
    numeric.push(slopes);
  }
  await backward.dispose();
  await forward.dispose();
  return { analytic: tensors.map((_, k) => Array.from(results[`g${k}`], Number)), numeric };
}

/** The largest difference of two lists, relative to the largest value (at least 1). */
export function worstError(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return actual.reduce((worst, x, i) => Math.max(worst, Math.abs(x - expected[i]) / scale), 0);
}
