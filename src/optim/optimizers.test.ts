import { describe, expect, it } from 'vitest';
import { input, type Tensor } from '../graph/index.js';
import { compile } from '../runtime/node.js';
import { clipByGlobalNorm } from './clip.js';
import type { Optimizer, OptimizerOptions } from './optimizer.js';
import { makeOptimizer } from './registry.js';

const defaults: OptimizerOptions = {
  kind: 'adamw',
  lr: 0.01,
  weightDecay: 0.1,
  betas: [0.9, 0.999],
  eps: 1e-8,
  momentum: 0.9,
};

const start = [1, -2, 0.5, 3e-3];
const gradientAt = (step: number) => [0.3 * step - 1, 2 / step, -1e-4 * step, 1e-6];
const rateAt = (step: number) => 0.01 / step;

/** The textbook update of one value, in float64. */
function byTheBook({ kind, weightDecay, betas, eps, momentum }: OptimizerOptions, steps: number): number[] {
  return start.map((initial, i) => {
    let p = initial;
    let m = 0;
    let v = 0;
    for (let t = 1; t <= steps; t++) {
      const lr = rateAt(t);
      let g = gradientAt(t)[i];
      if (kind === 'adamw') p *= 1 - lr * weightDecay;
      else g += weightDecay * p;
      if (kind === 'sgd') {
        m = momentum * m + g;
        p -= lr * m;
      } else {
        m = betas[0] * m + (1 - betas[0]) * g;
        v = betas[1] * v + (1 - betas[1]) * g * g;
        p -= (lr * (m / (1 - betas[0] ** t))) / (Math.sqrt(v / (1 - betas[1] ** t)) + eps);
      }
    }
    return p;
  });
}

async function run(
  optimizer: Optimizer,
  steps: number,
  gradients: (step: number) => readonly number[],
  rate: (step: number) => number,
  initial: readonly number[],
): Promise<number[]> {
  const shape = [initial.length];
  const next = optimizer.update({
    parameter: input('parameter', shape),
    gradient: input('gradient', shape),
    slots: optimizer.slots.map((name) => input(name, shape)),
    scalars: input('scalars', [optimizer.scalarCount]),
  });
  const program = await compile(
    {
      newParameter: next.parameter,
      ...Object.fromEntries(next.slots.map((slot, i) => [`new.${optimizer.slots[i]}`, slot])),
    },
    { threads: 1 },
  );
  let parameter = Float32Array.from(initial);
  let slots = Object.fromEntries(optimizer.slots.map((name) => [name, new Float32Array(initial.length)]));
  for (let step = 1; step <= steps; step++) {
    const scalars = optimizer.scalars(step, rate(step));
    const results = await program.run({
      ...slots,
      parameter,
      gradient: Float32Array.from(gradients(step)),
      scalars,
    });
    parameter = results.newParameter as Float32Array<ArrayBuffer>;
    slots = Object.fromEntries(
      optimizer.slots.map((name) => [name, results[`new.${name}`] as Float32Array<ArrayBuffer>]),
    );
  }
  await program.dispose();
  return [...parameter];
}

describe('makeOptimizer', () => {
  it.each<Partial<OptimizerOptions>>([
    { kind: 'adamw' },
    { kind: 'adamw', weightDecay: 0, eps: 1e-3, betas: [0.8, 0.95] },
    { kind: 'adam' },
    { kind: 'adam', weightDecay: 0 },
    { kind: 'sgd' },
    { kind: 'sgd', momentum: 0, weightDecay: 0 },
  ])('agrees with the textbook after 12 steps: %o', async (changes) => {
    const options = { ...defaults, ...changes };
    const actual = await run(makeOptimizer(options), 12, gradientAt, rateAt, start);
    byTheBook(options, 12).forEach((value, i) => {
      expect(Math.abs(actual[i] - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
    });
  });

  it('moves a parameter by the learning rate at the first step of Adam', async () => {
    const optimizer = makeOptimizer({ ...defaults, weightDecay: 0 });
    const moved = await run(
      optimizer,
      1,
      () => [5, -1e-3],
      () => 0.01,
      [1, 1],
    );
    expect(moved[0]).toBeCloseTo(0.99, 6);
    expect(moved[1]).toBeCloseTo(1.01, 6);
  });

  it('has a slot only where it is needed', () => {
    expect(makeOptimizer(defaults).slots).toEqual(['firstMoment', 'secondMoment']);
    expect(makeOptimizer({ ...defaults, kind: 'sgd' }).slots).toEqual(['momentum']);
    expect(makeOptimizer({ ...defaults, kind: 'sgd', momentum: 0 }).slots).toEqual([]);
  });

  it('refuses scalars of another shape, with both shapes', () => {
    const x = input('x', [2]);
    const inputs = { parameter: x, gradient: x, slots: [x, x], scalars: input('scalars', [1]) };
    expect(() => makeOptimizer(defaults).update(inputs)).toThrow('scalars of shape [3], got [1]');
  });
});

describe('clipByGlobalNorm', () => {
  const clip = async (values: readonly number[][], maxNorm: number) => {
    const tensors: Tensor[] = values.map((v, i) => input(`g${i}`, [v.length]));
    const { gradients, norm } = clipByGlobalNorm(tensors, maxNorm);
    const outputs = Object.fromEntries(gradients.map((g, i) => [`y${i}`, g]));
    const program = await compile({ ...outputs, norm }, { threads: 1 });
    const results = await program.run(
      Object.fromEntries(values.map((v, i) => [`g${i}`, Float32Array.from(v)])),
    );
    await program.dispose();
    return results;
  };

  it('shortens long gradients to the norm and leaves short ones', async () => {
    const long = await clip([[3, 0], [4]], 1);
    expect(long.norm[0]).toBeCloseTo(5, 6);
    expect(long.y0[0]).toBeCloseTo(0.6, 5);
    expect(long.y1[0]).toBeCloseTo(0.8, 5);
    const short = await clip([[0.3, 0], [0.4]], 1);
    expect(short.y0[0]).toBeCloseTo(0.3, 6);
    expect(short.y1[0]).toBeCloseTo(0.4, 6);
    expect((await clip([[0, 0], [0]], 1)).y0[0]).toBe(0);
  });
});
