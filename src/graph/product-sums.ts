/**
 * Sums of squares, magnitudes or products that are not written to memory. The simplifier puts those over a whole tensor in place
 * of a reduction and what it reads.
 */
import { blockedConv, inOneLayout } from './blocked.js';
import { largestDivisor } from './divisor.js';
import { mul, sign } from './elementwise.js';
import type { Emitter, ValueName } from './lowering.js';
import { GraphError, sameShape, showShape, sizeOf } from './shape.js';
import { expand, reshape } from './shaping.js';
import { apply, type Op, type Tensor } from './tensor.js';

function requireSame(name: string, x: Tensor, y: Tensor): void {
  if (!sameShape(x.shape, y.shape)) {
    throw new GraphError(
      `${name}: expected two equal shapes, got ${showShape(x.shape)} and ${showShape(y.shape)}`,
    );
  }
}

/** A sum over all axes, which stay with size 1. */
function wholeSumOp(
  name: string,
  gradient: (dy: Tensor, x: Tensor, y: Tensor) => Tensor[],
  lower: (emit: Emitter, inputs: readonly ValueName[], shape: readonly number[]) => ValueName,
): Op<null> {
  return {
    name,
    infer: ([x, y = x]) => {
      requireSame(name, x, y);
      return [{ shape: x.shape.map(() => 1), dtype: 'float32' }];
    },
    gradient: ({ inputs: [x, y] }, [dy]) => gradient(dy!, x, y),
    lower: (emit, inputs, { inputs: [{ shape }] }) => [lower(emit, inOneLayout(emit, inputs), shape)],
  };
}

const reduceAll = (emit: Emitter, type: string, x: ValueName, shape: readonly number[]): ValueName =>
  emit.op(type, [x, emit.ints([...shape.keys()])], { keepdims: 1 });

/** Lengths of the rows in which a product is summed: long enough to be fast, short enough to give every thread some. */
const rowLengths = { least: 1024, most: 16384 };

/** By blocks or rows where they are long enough: the CPU provider's ReduceSumSquare takes four to eight times as long. */
function sumProducts(emit: Emitter, x: ValueName, y: ValueName, shape: readonly number[]): ValueName {
  const size = sizeOf(shape);
  const products = blockProducts(emit, x, y, size) ?? rowProducts(emit, x, y, size, 1);
  if (!products)
    return x === y
      ? reduceAll(emit, 'ReduceSumSquare', x, shape)
      : reduceAll(emit, 'ReduceSum', emit.op('Mul', [x, y]), shape);
  return emit.op('Reshape', [
    emit.op('ReduceSum', [products], { keepdims: 1 }),
    emit.ints(shape.map(() => 1)),
  ]);
}

/**
 * Sums of products of some values each, in any order, `[1, sums, 1, 1]`; undefined where there are few. A depthwise convolution of `x` with
 * `y` as its kernel, each piece of the values being one block of channels: it adds a block at a time, where a product of rows adds half
 * of one with AVX-512.
 */
function blockProducts(emit: Emitter, x: ValueName, y: ValueName, size: number): ValueName | undefined {
  const length = emit.blockSize > 0 ? largestDivisor(size, rowLengths.most) : 0;
  if (length < rowLengths.least || length % emit.blockSize !== 0) return undefined;
  const pixels = length / emit.blockSize;
  const channels = size / pixels;
  const as = (value: ValueName, dims: readonly number[]) => emit.op('Reshape', [value, emit.ints(dims)]);
  return blockedConv(
    emit,
    as(x, [1, channels, 1, pixels]),
    as(y, [channels, 1, 1, pixels]),
    [1, pixels],
    [0, 0],
    channels,
  );
}

/**
 * Sums of products, without `x` of `y` alone, over the rows that each of `parts` equal parts has, `[rows, 1, 1]`; undefined where rows
 * would be short. A row times a row transposed, by the operator that reads the second matrix in place: it alone is fast for one row.
 */
export function rowProducts(
  emit: Emitter,
  x: ValueName | undefined,
  y: ValueName,
  size: number,
  parts: number,
): ValueName | undefined {
  const length = emit.blockSize > 0 ? largestDivisor(size / parts, rowLengths.most) : 0;
  if (length < rowLengths.least) return undefined;
  const inRows = (value: ValueName) => emit.op('Reshape', [value, emit.ints([size / length, 1, length])]);
  const left = x ? inRows(x) : emit.float(new Float32Array(length).fill(1), [1, 1, length]);
  return emit.op('com.microsoft::FusedMatMul', [left, inRows(y)], { transB: 1 });
}

const sumOfSquaresOp = wholeSumOp(
  'sumOfSquares',
  (dy, x) => [mul(mul(dy, 2), x)],
  (emit, [x], shape) => sumProducts(emit, x, x, shape),
);

const sumOfMagnitudesOp = wholeSumOp(
  'sumOfMagnitudes',
  (dy, x) => [mul(dy, sign(x))],
  (emit, [x], shape) => reduceAll(emit, 'ReduceL1', x, shape),
);

const sumOfProductsOp = wholeSumOp(
  'sumOfProducts',
  (dy, x, y) => [mul(dy, y), mul(dy, x)],
  (emit, [x, y], shape) => sumProducts(emit, x, y, shape),
);

/** The sum of each image's rows of products. */
function sumImages(emit: Emitter, products: ValueName, images: number): ValueName {
  const parts = emit.op('Reshape', [products, emit.ints([images, -1])]);
  return emit.op('ReduceSum', [parts, emit.ints([1])], { keepdims: 0 });
}

/** A number for each image, to be broadcast with `x`. */
const forEach = (dy: Tensor, { shape }: Tensor): Tensor =>
  reshape(
    dy,
    shape.map((n, i) => (i === 0 ? n : 1)),
  );

const imageProductsOp: Op<null> = {
  name: 'imageProducts',
  infer: ([x, y]) => {
    requireSame('imageProducts', x, y);
    return [{ shape: [x.shape[0]], dtype: 'float32' }];
  },
  gradient: ({ inputs: [x, y] }, [dy]) => [mul(y, forEach(dy!, x)), mul(x, forEach(dy!, x))],
  lower: (emit, [x, y], { inputs: [{ shape }] }) => {
    const products = rowProducts(emit, x, y, sizeOf(shape), shape[0]) ?? emit.op('Mul', [x, y]);
    return [sumImages(emit, products, shape[0])];
  },
};

const imageSumsOp: Op<null> = {
  name: 'imageSums',
  infer: ([x]) => [{ shape: [x.shape[0]], dtype: 'float32' }],
  gradient: ({ inputs: [x] }, [dy]) => [expand(forEach(dy!, x), x.shape)],
  lower: (emit, [x], { inputs: [{ shape }] }) => [
    sumImages(emit, rowProducts(emit, undefined, x, sizeOf(shape), shape[0]) ?? x, shape[0]),
  ],
};

/** `Σ x²` over all axes, kept with size 1. */
export const sumOfSquares = (x: Tensor): Tensor => apply(sumOfSquaresOp, [x], null);
/** `Σ |x|` over all axes, kept with size 1. */
export const sumOfMagnitudes = (x: Tensor): Tensor => apply(sumOfMagnitudesOp, [x], null);
/** `Σ x·y` of two tensors of one shape over all axes, kept with size 1. Rows are added up one by one, unlike in `sum`. */
export const sumOfProducts = (x: Tensor, y: Tensor): Tensor => apply(sumOfProductsOp, [x, y], null);
/**
 * `Σ x·y` of two tensors `[N, …]` over all axes but the first: `[N]`. All of one shape are added up in one order, so that with
 * `x ≤ y` and `z ≥ 0`, `Σ x·z ≤ Σ y·z` holds in floating point too.
 */
export const imageProducts = (x: Tensor, y: Tensor): Tensor => apply(imageProductsOp, [x, y], null);
/** `Σ x` of `[N, …]` over all axes but the first, `[N]`: added up as {@link imageProducts} with ones would be. */
export const imageSums = (x: Tensor): Tensor => apply(imageSumsOp, [x], null);
