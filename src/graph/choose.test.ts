import { describe, expect, it } from 'vitest';
import { compile } from '../runtime/node.js';
import { add, choose, exp, input, mean, mul, relu, square, sub, sum } from './index.js';

const x = input('x', [2, 3]);
const which = input('which', []);
const feeds = (choice: number) => ({
  x: Float32Array.of(-1, 2, -3, 4, -5, 6),
  which: Float32Array.of(choice),
});

describe('choose', () => {
  const shared = square(relu(x));
  const outer = mean(exp(x));
  const ways = [
    [sum(shared), x],
    [outer, mul(x, 2)],
    [add(sum(shared), sum(x)), shared],
    [sum(x), sum(x, [1], { keepDims: true })].map((t, i) => (i === 0 ? t : sub(x, t))),
    [outer, exp(x)],
  ] as const;

  it.each(ways.map((_, i) => i))('gives what way %i gives by itself', async (i) => {
    const [value, whole] = choose(which, ways);
    const chosen = await compile({ outer, value, whole: mul(whole, 3) });
    const alone = await compile({ outer, value: ways[i][0], whole: mul(ways[i][1], 3) });
    const { x: values } = feeds(i);
    expect(await chosen.run(feeds(i))).toEqual(await alone.run({ x: values }));
    await Promise.all([chosen.dispose(), alone.dispose()]);
  });
});
