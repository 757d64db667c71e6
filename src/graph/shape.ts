/** Shapes and their rules: sizes, broadcasting, axes. */

/** Static sizes of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** A mistake in building a graph: an op was given tensors it cannot take. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/** Number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** `[2, 3]` as text. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** True when both shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/**
 * The shape two operands broadcast to, by NumPy's rule: sizes are compared from the right, and 1 stretches.
 * Throws a GraphError with both shapes when they do not fit.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new GraphError(
        `${op}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: sizes ${m} and ${n} differ`,
      );
    }
    return m === 1 ? n : m;
  });
}

/** Axes as sorted non-negative numbers; throws a GraphError for one outside the shape. */
export function normaliseAxes(op: string, axes: readonly number[], shape: Shape): number[] {
  const rank = shape.length;
  const result = axes.map((axis) => {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
      throw new GraphError(
        `${op}: axis must be in [${-rank}, ${rank - 1}] for shape ${showShape(shape)}, got ${axis}`,
      );
    }
    return axis < 0 ? axis + rank : axis;
  });
  return [...new Set(result)].sort((a, b) => a - b);
}
