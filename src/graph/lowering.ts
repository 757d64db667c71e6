/** What an op may say when it is lowered: ONNX nodes and constants, by the names of their values. */
import type { Shape } from './shape.js';

/** Element types of the graph. */
export type DType = 'float32' | 'int64' | 'uint8' | 'bool';

/** Shape and element type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Data of a constant: one typed array a dtype; booleans are bytes 0 and 1. */
export type ConstantData = Float32Array | BigInt64Array | Uint8Array;

/** An attribute of an ONNX node. A bare number is an integer; a real number says so: `{ float: 1e-5 }`. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** The name of a value in the ONNX graph that is being written. */
export type ValueName = string;

/** Devices whose lowerings differ. */
export type LoweringTarget = 'cpu' | 'cuda' | 'webgpu' | 'wasm';

/** Domain prefix of onnxruntime's operators on blocked layouts; see `blocked.ts`. */
export const blockedDomain = 'com.microsoft.nchwc';

/** Writes ONNX nodes. A type outside the standard domain is written `domain::Type`. The same node with the same inputs is written once. */
export interface Emitter {
  readonly target: LoweringTarget;
  /** Channels in a block of onnxruntime's blocked layout on this machine; 0 where it has none. */
  readonly blockSize: number;
  /** Blocked forms of values that exist in both layouts; see `blocked.ts`. */
  readonly blockedTwins: Map<ValueName, ValueName>;
  /** Kernels in the form that blocked convolutions read, by their standard form; see `blocked.ts`. */
  readonly blockedKernels: Map<ValueName, ValueName>;
  /** What values were before they were expanded. */
  readonly expanded: Map<ValueName, { readonly name: ValueName; readonly shape: Shape }>;
  /** Adds a node with one output and returns the output's name. */
  op(type: string, inputs: readonly ValueName[], attributes?: Readonly<Record<string, Attribute>>): ValueName;
  /** Adds a node with several outputs and returns their names. */
  ops(
    type: string,
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
  ): ValueName[];
  /**
   * The values of `ways[which]`, `which` being one float32 number; what only the other ways need is not computed. Every way has values of
   * these `types`.
   */
  choose(
    which: ValueName,
    ways: readonly (readonly ValueName[])[],
    types: readonly TensorType[],
  ): readonly ValueName[];
  /** A float32 constant: a scalar, or data of a shape. */
  float(value: number | ArrayLike<number>, shape?: Shape): ValueName;
  /** A one-dimensional int64 constant, as shapes, axes and pads are written. */
  ints(values: readonly number[]): ValueName;
}
