/**
 * The weight gradient of a convolution as one blocked convolution.
 *
 * `dW[k, c, i, j] = Σ_n Σ_hw dY[n, k, h, w] · X[n, c, h + i − ph, w + j − pw]` is a convolution whose kernel is dY, with
 * a tap for each of its pixels and a channel for each image, over a padded X that has one image for each block of
 * channels. The b channels of such a block lie side by side where X is blocked, so its rows are read as W·b pixels and
 * the kernel's columns are dilated by b: the b·kw output pixels of a row are all channels under all column taps. No
 * shifted copies are made, and the result lies almost as blocked convolutions read their kernels.
 */
import { blockedConv, filledBlocks, gatherRows, kernelFromBlocked, orderOf, toBlocked } from './blocked.js';
import { largestDivisor } from './divisor.js';
import { blockedDomain, type Emitter, type ValueName } from './lowering.js';
import type { Shape } from './shape.js';

interface Operand {
  readonly name: ValueName;
  /** `[N, channels, H, W]`. */
  readonly shape: Shape;
}

type Pair = readonly [number, number];

/**
 * `[K, C, kh, kw]`, or undefined where neither K nor C is a multiple of the block, unless K is a part of one. The runtime's
 * convolution over fewer channels than a block takes them from separate planes, as the images lie. More images than that are taken in
 * sets, of which each is a group of the convolution, and the gradients of the sets are added; where that moves more than the images
 * are, sets are interleaved by rows, which a stride then skips.
 */
export function blockedWeightGradient(
  emit: Emitter,
  x: Operand,
  dy: Operand,
  kernel: Pair,
  padding: Pair,
): ValueName | undefined {
  const b = emit.blockSize;
  if (b === 0 || padding.some((zeros, axis) => zeros >= kernel[axis])) return undefined;
  const [n, c] = x.shape;
  const k = dy.shape[1];
  const [kh, kw] = kernel;
  const taps = kh * kw;
  const planes = largestDivisor(n, b - 1);
  const sets = n / planes;

  // Products of whole images need no shifts where there is one tap; else they are slower than a block that is filled up with zeros,
  // for which the runtime asks for channels in fours.
  const filled = k < b && k % 4 === 0 && c % b !== 0 && taps > 1;
  if (k % b === 0 || filled) {
    const gradient = correlate(x, dy, padding);
    if (filled || (c % b !== 0 && c >= b)) {
      const standard = emit.op(`${blockedDomain}::ReorderOutput`, [gradient], { channels: k });
      return emit.op('Transpose', [standard], { perm: [1, 0, 2, 3] });
    }
    // [C/b, K/b, …] to [K/b, C/b, …]; below b channels [C, K/b, …] to [K/b, C, …].
    const outer = c % b === 0 ? c / b : c;
    const swapped = swapOuter(gradient, [outer, k / b, 1, (taps * c * b) / outer]);
    return kernelFromBlocked(emit, swapped, [k, c, kh, kw]);
  }
  if (c % b === 0) {
    // With the roles exchanged the taps come out in reverse.
    const gradient = correlate(dy, x, [kh - 1 - padding[0], kw - 1 - padding[1]]);
    const standard = emit.op(`${blockedDomain}::ReorderOutput`, [gradient], { channels: c });
    if (taps === 1) return standard;
    const flat = emit.op('Reshape', [standard, emit.ints([k, c, taps])]);
    const reversed = emit.ints(Array.from({ length: taps }, (_, i) => taps - 1 - i));
    return emit.op('Reshape', [emit.op('Gather', [flat, reversed], { axis: 2 }), emit.ints([k, c, kh, kw])]);
  }
  return undefined;

  /** `[image/b, filter/b, kh, kw, b(image), b(filter)]`, every shift of the padded `image` against `filter`. */
  function correlate(image: Operand, filter: Operand, [ph, pw]: Pair): ValueName {
    const [, channels, h, w] = image.shape;
    const [, filters, fh, fw] = filter.shape;
    const block = channels % b === 0 ? b : 1;
    const blocks = channels / block;
    const outputs = Math.ceil(filters / b) * b;
    const moved = n * (channels * h * w + outputs * fh * fw);
    // The runtime asks for channels of whole blocks.
    const adds = sets > 1 && n % b === 0 && sets * channels * outputs * taps < moved;
    const [groups, interleave] = adds ? [sets, 1] : [1, sets];

    const source = block === b ? toBlocked(emit, image.name) : image.name;
    const rows = swapOuter(source, [n, blocks, h, w * block], { interleave });
    // Images lie side by side as channels do, blocks of channels as images.
    const side = n / interleave;
    const planesOf = emit.ints([blocks, side * block, h * interleave, w]);
    const border: Pair = [ph * interleave, pw];
    const padded = zeroBorder(emit.op('Reshape', [rows, planesOf]), side * block, border, block === b);
    const input = emit.op('Reshape', [
      padded,
      emit.ints([blocks, side, (h + 2 * ph) * interleave, (w + 2 * pw) * block]),
    ]);
    const taken = filters === outputs ? toBlocked(emit, filter.name) : filledBlocks(emit, filter.name);
    const weights = emit.op('Reshape', [
      swapOuter(taken, [n, outputs / b, fh, fw * b], { groups, interleave }),
      emit.ints([groups * outputs, planes, fh * interleave, fw]),
    ]);
    const gradients = emit.op(`${blockedDomain}::Conv`, [input, weights], {
      kernel_shape: [fh * interleave, fw],
      pads: [0, 0, 0, 0],
      strides: [interleave, 1],
      dilations: [1, block],
      group: groups,
    });
    const gradient = addGroups(gradients, [blocks, groups, outputs * taps * block]);
    return emit.op('Reshape', [
      gradient,
      emit.ints(block === 1 ? [blocks, outputs, kh, kw] : [blocks, (outputs / b) * taps, b, b]),
    ]);
  }

  /** `[blocks, groups, size]` to the sums over groups. */
  function addGroups(value: ValueName, [blocks, groups, size]: Shape): ValueName {
    if (groups === 1) return value;
    const parts = emit.op('Reshape', [value, emit.ints([blocks, groups, size])]);
    return emit.op('ReduceSum', [parts, emit.ints([1])], { keepdims: 0 });
  }

  /** Rows and columns of zeros around `[…, channels, h, w]`, by a depthwise convolution with ones: a Pad takes one thread. */
  function zeroBorder(value: ValueName, channels: number, [ph, pw]: Pair, isBlocked: boolean): ValueName {
    if (ph + pw === 0) return value;
    const ones = emit.float(new Float32Array(channels).fill(1), [channels, 1, 1, 1]);
    return isBlocked
      ? blockedConv(emit, value, ones, [1, 1], [ph, pw], channels)
      : emit.op('Conv', [value, ones], { group: channels, pads: [ph, pw, ph, pw] });
  }

  /**
   * `[outer, blocks, h, row]` to `[blocks, outer, h, row]`, within each of `groups` equal parts of the outer axis. Each `interleave`
   * neighbours on it are interleaved by rows: `[…, blocks, outer/interleave, h, interleave, row]`.
   */
  function swapOuter(
    value: ValueName,
    [outer, blocks, h, row]: Shape,
    { groups = 1, interleave = 1 } = {},
  ): ValueName {
    if (blocks === 1 && interleave === 1) return value;
    const [count, size] = interleave === 1 ? [1, h * row] : [h, row];
    const each = outer / groups / interleave;
    const order = orderOf(
      [groups, blocks, each, count, interleave],
      ([group, block, set, y, i]) => (((group * each + set) * interleave + i) * blocks + block) * count + y,
    );
    return gatherRows(emit, value, [1, order.length, size], order);
  }
}
