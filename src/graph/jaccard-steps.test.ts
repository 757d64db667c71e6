import { describe, expect, it } from 'vitest';
import { arbitrary, evaluate, of } from './check.fixture.js';
import { gradients, input, jaccardSteps, type Shape, sum } from './index.js';

/** By sets: the difference that each element of a row makes to `1 − |foreground that is not missed| / |foreground ∪ false alarms|`. */
function byDefinition(x: readonly number[], foreground: readonly number[]): number[] {
  const order = [...x.keys()].sort((i, j) => x[j] - x[i]);
  const total = foreground.reduce((a, b) => a + b, 0);
  const steps = new Array<number>(x.length).fill(0);
  let [missed, falseAlarms, loss] = [0, 0, 0];
  for (const i of order) {
    if (foreground[i]) missed++;
    else falseAlarms++;
    const grown = 1 - (total - missed) / (total + falseAlarms);
    steps[i] = grown - loss;
    loss = grown;
  }
  return steps;
}

/** Largest relative error where `x` is above 0, and whether the rest is finite. */
async function check([images, size]: Shape, x: ArrayLike<number>, foreground: ArrayLike<number>) {
  const steps = await evaluate(jaccardSteps, [
    { shape: [images, size], values: x },
    { shape: [images, size], values: foreground },
  ]);
  let worst = 0;
  for (let image = 0; image < images; image++) {
    const row = (values: ArrayLike<number>) =>
      Array.from({ length: size }, (_, i) => values[image * size + i]);
    const [margins, actual] = [row(x), row(steps)];
    for (const [i, expected] of byDefinition(margins, row(foreground)).entries())
      if (margins[i] > 0)
        worst = Math.max(worst, Math.abs(images * actual[i] - expected) / (expected + 1e-6));
  }
  return { worst, finite: steps.every(Number.isFinite) };
}

describe('steps of the Jaccard loss', () => {
  // The last is cut into rows of 64, the one before has no divisor.
  it.each([
    [1, 1],
    [2, 12],
    [3, 101],
    [2, 4096],
  ])('are the differences that elements make: %i rows of %i', async (images, size) => {
    for (const share of [-1, 0, 0.7, 1]) {
      const x = arbitrary([images, size], 1).values;
      const positive = Float32Array.from(x, (value) => Math.max(0, value));
      const foreground = Float32Array.from(arbitrary([images, size], 2).values, (v) => Number(v < share));
      const { worst, finite } = await check([images, size], positive, foreground);
      expect(worst).toBeLessThan(1e-5);
      expect(finite).toBe(true);
    }
  });

  it('of rows with few, none and all above 0', async () => {
    const size = 256;
    const x = Float32Array.from({ length: 3 * size }, (_, i) => {
      const value = 1 + Math.abs(Math.sin(7 * i));
      return [i % 50 === 0 ? value : 0, 0, value][Math.floor(i / size)];
    });
    const foreground = Float32Array.from(x, (_, i) => Number(i % 3 === 0));
    const { worst, finite } = await check([3, size], x, foreground);
    expect(worst).toBeLessThan(1e-5);
    expect(finite).toBe(true);
  });

  it('of a single element of the foreground, first and last', async () => {
    expect(await evaluate(jaccardSteps, [of([2, 2], 2, 1, 1, 2), of([2, 2], 1, 0, 1, 0)])).toEqual([
      0.5, 0, 0.25, 0.25,
    ]);
  });

  it('of an empty mask: the first is the whole loss', async () => {
    expect(await evaluate(jaccardSteps, [of([1, 3], 1, 3, 2), of([1, 3], 0, 0, 0)])).toEqual(
      [0, 1, 0].map((v) => expect.closeTo(v, 6)),
    );
  });

  it('over twelve orders of magnitude', async () => {
    const x = Array.from({ length: 400 }, (_, i) => (1 + Math.abs(Math.sin(7 * i))) * 10 ** ((i % 12) - 6));
    const foreground = x.map((_, i) => Number(i % 3 === 0));
    expect((await check([4, 100], x, foreground)).worst).toBeLessThan(1e-5);
  });

  it('a NaN comes through, wherever it is', async () => {
    for (const place of [0, 4]) {
      const x = of([2, 3], 1, 3, 2, 1, 3, 5);
      const values = x.values as number[];
      values[place] = Number.NaN;
      const total = await evaluate((a, b) => sum(jaccardSteps(a, b)), [x, of([2, 3], 1, 0, 1, 0, 1, 0)]);
      expect(total).toEqual([Number.NaN]);
    }
  });

  it('have no gradient', () => {
    const x = input('x', [1, 3]);
    expect(() => gradients(sum(jaccardSteps(x, input('y', [1, 3]))), [x])).not.toThrow();
  });

  it.each([
    [[2, 3], [3, 2], 'jaccardSteps: expected two equal shapes [N, K], got [2, 3] and [3, 2]'],
    [[6], [6], 'jaccardSteps: expected two equal shapes [N, K], got [6] and [6]'],
  ])('refuses %j and %j', (x, y, message) => {
    expect(() => jaccardSteps(input('x', x), input('y', y))).toThrow(message);
  });
});
