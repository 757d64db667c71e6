/** Matrix products. */
import { sumTo } from './reduce.js';
import { broadcastShapes, GraphError, showShape } from './shape.js';
import { transpose } from './shaping.js';
import { apply, type Op, type Tensor } from './tensor.js';

const matMulOp: Op<null> = {
  name: 'matMul',
  infer: ([a, b]) => {
    const [m, k] = a.shape.slice(-2);
    const [l, n] = b.shape.slice(-2);
    if (a.shape.length < 2 || b.shape.length < 2 || k !== l) {
      throw new GraphError(`matMul: shapes ${showShape(a.shape)} and ${showShape(b.shape)} do not multiply`);
    }
    return [
      {
        shape: [...broadcastShapes('matMul', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n],
        dtype: 'float32',
      },
    ];
  },
  gradient: ({ inputs: [a, b] }, [dy]) => [
    sumTo(matMul(dy!, swapLast(b)), a.shape),
    sumTo(matMul(swapLast(a), dy!), b.shape),
  ],
  lower: (emit, inputs) => [emit.op('MatMul', inputs)],
};

/** Matrix product over the last two axes, the others broadcast. */
export const matMul = (a: Tensor, b: Tensor): Tensor => apply(matMulOp, [a, b], null);

const swapLast = (x: Tensor): Tensor => {
  const axes = x.shape.map((_, i) => i);
  const rank = axes.length;
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
};
