/** Pixel shuffle (Shi 2016): channels become pixels, which doubles height and width. */
import { fromBlocked, gatherPixels, gatherRows, orderOf, toBlocked } from './blocked.js';
import { largestDivisor } from './divisor.js';
import type { Emitter, ValueName } from './lowering.js';
import { GraphError, type Shape, showShape } from './shape.js';
import { reshape, transpose } from './shaping.js';
import { apply, type Op, type Tensor } from './tensor.js';

/** True where the four pixels of a block are whole blocks of channels of a value that is already blocked. */
const isBlocked = (emit: Emitter, x: ValueName, channels: number): boolean =>
  emit.blockedTwins.has(x) && channels % emit.blockSize === 0;

const interleaveOp: Op<null> = {
  name: 'interleave',
  infer: ([x]) => {
    const [n, c, h, w] = x.shape;
    if (x.shape.length !== 4 || c % 4) {
      throw new GraphError(`interleave: expected [N, 4·C, H, W], got ${showShape(x.shape)}`);
    }
    return [{ shape: [n, c / 4, 2 * h, 2 * w], dtype: 'float32' }];
  },
  gradient: (_, [dy]) => [apply(deinterleaveOp, [dy!], null)],
  lower: (emit, [x], { inputs: [{ shape }], outputs: [y] }) => {
    const c = shape[1] / 4;
    if (!isBlocked(emit, x, c)) return [blocksOfPlanes(emit, x, y.shape)];
    return [fromBlocked(emit, blockedBlocksOfPlanes(emit, toBlocked(emit, x), y.shape), c)];
  },
};

/**
 * How long the pieces of rows are that a {@link weave} moves; 0 where an operator of one thread is faster, and in files for other
 * runtimes, which the order of the pieces would only swell.
 */
function pieceLength(emit: Emitter, columns: number): number {
  const length = emit.blockSize > 0 ? largestDivisor(columns, 16) : 0;
  return length < 4 ? 0 : length;
}

/** Where pieces of rows of planes come from, in the order in which the two of each piece of a woven row lie side by side. */
const piecesOf = ([, c, h, w]: Shape, length: number): number[] =>
  orderOf(
    [c, h / 2, 2, w / 2 / length, 2],
    ([channel, row, i, piece, j]) => ((((2 * i + j) * c + channel) * h) / 2 + row) * (w / 2 / length) + piece,
  );

/** The permutation that takes two pieces side by side to their values in turn, as a matrix. */
function weave(length: number, reverse: boolean): Float32Array {
  const size = 2 * length;
  const matrix = new Float32Array(size * size);
  for (let at = 0; at < size; at++) {
    const woven = 2 * (at % length) + Math.floor(at / length);
    matrix[reverse ? woven * size + at : at * size + woven] = 1;
  }
  return matrix;
}

/** Four planes as the pixels of 2×2 blocks, row by row: `[N, 4·C, H/2, W/2]` to `[N, C, H, W]`. */
export function blocksOfPlanes(emit: Emitter, x: ValueName, shape: Shape): ValueName {
  const [n, c, h, w] = shape;
  const length = pieceLength(emit, w / 2);
  if (length === 0) {
    const planes = emit.op('Reshape', [x, emit.ints([n, 4 * c, h / 2, w / 2])]);
    return emit.op('DepthToSpace', [planes], { blocksize: 2, mode: 'DCR' });
  }
  const order = piecesOf(shape, length);
  const pairs = gatherRows(emit, x, [n, order.length, length], order);
  const side = 2 * length;
  const rows = emit.op('Reshape', [pairs, emit.ints([(n * c * h * w) / side, side])]);
  const woven = emit.op('MatMul', [rows, emit.float(weave(length, false), [side, side])]);
  return emit.op('Reshape', [woven, emit.ints(shape)]);
}

/** The inverse of {@link blocksOfPlanes}. */
export function planesOfBlocks(emit: Emitter, x: ValueName, shape: Shape): ValueName {
  const [n, c, h, w] = shape;
  const planes = emit.ints([n, 4 * c, h / 2, w / 2]);
  const length = pieceLength(emit, w / 2);
  if (length > 0) {
    const side = 2 * length;
    const rows = emit.op('Reshape', [x, emit.ints([(n * c * h * w) / side, side])]);
    const pairs = emit.op('MatMul', [rows, emit.float(weave(length, true), [side, side])]);
    const order: number[] = [];
    for (const [to, from] of piecesOf(shape, length).entries()) order[from] = to;
    return emit.op('Reshape', [gatherRows(emit, pairs, [n, order.length, length], order), planes]);
  }
  // WebGPU has no SpaceToDepth, and a fallback to the CPU waits for the device.
  if (emit.target !== 'webgpu') return emit.op('SpaceToDepth', [x], { blocksize: 2 });
  const parts = emit.op('Reshape', [x, emit.ints([n, c, h / 2, 2, w / 2, 2])]);
  return emit.op('Reshape', [emit.op('Transpose', [parts], { perm: [0, 3, 5, 1, 2, 4] }), planes]);
}

/** Where the pixels of an image lie, all blocks of channels in one line, in the order of their four planes. */
const pixelsOfPlanes = ([, c, h, w]: Shape, b: number): number[] =>
  orderOf(
    [2, 2, c / b, h / 2, w / 2],
    ([i, j, block, row, column]) => (block * h + 2 * row + i) * w + 2 * column + j,
  );

/** A blocked `[N, C, H, W]`, C whole blocks, as the four planes of its 2×2 blocks: `[N, C/b·H·W, b]`, all of a plane side by side. */
export function blockedPlanesOfBlocks(emit: Emitter, x: ValueName, shape: Shape): ValueName {
  const [n, c, h, w] = shape;
  const b = emit.blockSize;
  return gatherPixels(emit, x, [n, b, (c / b) * h, w], pixelsOfPlanes(shape, b));
}

/** The inverse of {@link blockedPlanesOfBlocks}: a blocked value of `shape`. */
export function blockedBlocksOfPlanes(emit: Emitter, planes: ValueName, shape: Shape): ValueName {
  const [n, c, h, w] = shape;
  const b = emit.blockSize;
  const order: number[] = [];
  for (const [to, from] of pixelsOfPlanes(shape, b).entries()) order[from] = to;
  const pixels = gatherPixels(emit, planes, [n, b, (c / b) * h, w], order);
  return emit.op('Reshape', [pixels, emit.ints(shape)]);
}

const deinterleaveOp: Op<null> = {
  name: 'deinterleave',
  infer: ([x]) => {
    const [n, c, h, w] = x.shape;
    if (x.shape.length !== 4 || h % 2 || w % 2) {
      throw new GraphError(
        `deinterleave: expected [N, C, H, W] with even H and W, got ${showShape(x.shape)}`,
      );
    }
    return [{ shape: [n, 4 * c, h / 2, w / 2], dtype: 'float32' }];
  },
  gradient: (_, [dy]) => [interleave(dy!)],
  lower: (emit, [x], { inputs: [{ shape }], outputs: [y] }) => {
    const c = shape[1];
    if (!isBlocked(emit, x, c)) return [planesOfBlocks(emit, x, shape)];
    const planes = blockedPlanesOfBlocks(emit, toBlocked(emit, x), shape);
    return [fromBlocked(emit, emit.op('Reshape', [planes, emit.ints(y.shape)]), 4 * c)];
  },
};

/**
 * `[N, 4·C, H, W]` to `[N, C, 2H, 2W]`: channel `(2i + j)·C + c` becomes row `i`, column `j` of each 2×2 block.
 * Whole planes are interleaved, which is faster than PyTorch's order; see {@link shuffleChannels}.
 */
export const interleave = (x: Tensor): Tensor => apply(interleaveOp, [x], null);

/** Brings the outermost axis from PyTorch's order `4c + 2i + j` to that of {@link interleave}. */
export function shuffleChannels(x: Tensor, axis: 0 | 1): Tensor {
  const channels = x.shape[axis];
  const lead: Shape = x.shape.slice(0, axis);
  const split = reshape(x, [...lead, channels / 4, 4, ...x.shape.slice(axis + 1)]);
  const order = split.shape.map((_, i) => (i === axis ? axis + 1 : i === axis + 1 ? axis : i));
  return reshape(transpose(split, order), x.shape);
}

/**
 * PyTorch's `pixel_shuffle` by 2: channel `4c + 2i + j` becomes row `i`, column `j` of each 2×2 block of channel `c`.
 * Where `x` comes from a convolution, {@link shuffleChannels} of its kernel and {@link interleave} cost less.
 */
export function pixelShuffle(x: Tensor): Tensor {
  if (x.shape.length !== 4 || x.shape[1] % 4) {
    throw new GraphError(`pixelShuffle: expected [N, 4·C, H, W], got ${showShape(x.shape)}`);
  }
  return interleave(shuffleChannels(x, 1));
}

/** The inverse of {@link pixelShuffle}. */
export function pixelUnshuffle(x: Tensor): Tensor {
  const planes = apply(deinterleaveOp, [x], null);
  const [n, c, h, w] = planes.shape;
  return reshape(transpose(reshape(planes, [n, 4, c / 4, h, w]), [0, 2, 1, 3, 4]), planes.shape);
}
