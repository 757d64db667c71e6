/** Collects ONNX nodes and constants while a graph is lowered; equal nodes and equal constants are written once. */
import type { Attribute, Emitter, LoweringTarget, Shape, ValueName } from '../graph/index.js';

/** A node of the ONNX graph. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly ValueName[];
  readonly outputs: readonly ValueName[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the ONNX graph. */
export interface OnnxConstant {
  readonly name: ValueName;
  readonly shape: Shape;
  readonly data: Float32Array | BigInt64Array;
}

/** An {@link Emitter} that remembers what it was told. */
export interface RecordingEmitter extends Emitter {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
}

/** A new, empty emitter. */
export function createEmitter(target: LoweringTarget, blockSize = 0): RecordingEmitter {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const written = new Map<string, ValueName[]>();
  let counter = 0;

  function write(
    type: string,
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, Attribute>>,
    count: number,
  ): ValueName[] {
    const key = JSON.stringify([type, inputs, attributes, count]);
    const known = written.get(key);
    if (known) return known;
    const outputs = Array.from({ length: count }, () => `${type.split('::').at(-1)}_${counter++}`);
    nodes.push({ type, inputs, outputs, attributes });
    written.set(key, outputs);
    return outputs;
  }

  function constant(data: Float32Array | BigInt64Array, shape: Shape): ValueName {
    const key = `${data.constructor.name}:${shape}:${data.join()}`;
    const known = written.get(key);
    if (known) return known[0];
    const name = `constant_${counter++}`;
    constants.push({ name, shape, data });
    written.set(key, [name]);
    return name;
  }

  return {
    target,
    blockSize,
    blockedTwins: new Map(),
    blockedKernels: new Map(),
    expanded: new Map(),
    nodes,
    constants,
    op: (type, inputs, attributes = {}) => write(type, inputs, attributes, 1)[0],
    ops: write,
    float: (value, shape) =>
      typeof value === 'number'
        ? constant(Float32Array.of(value), [])
        : constant(Float32Array.from(value), shape ?? [value.length]),
    ints: (values) => constant(BigInt64Array.from(values, BigInt), [values.length]),
  };
}
