/** One of several computations of the same values, chosen when the graph runs. */
import { GraphError, sameShape, showShape } from './shape.js';
import { applyAll, type Op, type Tensor } from './tensor.js';

const chooseOp: Op<{ readonly ways: number }> = {
  name: 'choose',
  infer: ([which, ...values], { ways }) => {
    const count = values.length / ways;
    const types = values.slice(0, count);
    const odd = values.find(({ shape, dtype }, i) => {
      const first = types[i % count];
      return dtype !== first.dtype || !sameShape(shape, first.shape);
    });
    if (which.size !== 1 || odd) {
      throw new GraphError(
        `choose: expected one number and ways of equal shapes, got ${[which, ...values].map(({ shape }) => showShape(shape)).join(', ')}`,
      );
    }
    return types.map(({ shape, dtype }) => ({ shape, dtype }));
  },
  gradient: null,
  lower: (emit, [which, ...values], { outputs, attributes: { ways } }) => {
    const each = Array.from({ length: ways }, (_, i) =>
      values.slice(i * outputs.length, (i + 1) * outputs.length),
    );
    return emit.choose(which, each, outputs);
  },
};

/**
 * The values of `ways[which]`; nothing is computed that only the others need. `which` is one float32 number, and every way has as many
 * tensors, of the same shapes. No gradient flows through it. Throws a GraphError for ways that do not match.
 *
 * @example const [loss, slope] = choose(input('choice', []), losses.map((loss) => [loss(x), gradients(loss(x), [x])[0]]));
 */
export const choose = (which: Tensor, ways: readonly (readonly Tensor[])[]): readonly Tensor[] => {
  if (ways.length === 1) return ways[0];
  const counts = new Set(ways.map(({ length }) => length));
  if (counts.size !== 1)
    throw new GraphError(`choose: expected ways of as many values, got ${[...counts].join(' and ')}`);
  return applyAll(chooseOp, [which, ...ways.flat()], { ways: ways.length });
};
