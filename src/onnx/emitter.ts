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
    const key = `${type}(${inputs}) ${count} ${JSON.stringify(attributes)}`;
    const known = written.get(key);
    if (known) return known;
    const outputs = Array.from({ length: count }, () => `${type.split('::').at(-1)}_${counter++}`);
    nodes.push({ type, inputs, outputs, attributes });
    written.set(key, outputs);
    return outputs;
  }

  /** `text` names the values, which are made where they are new. */
  function constant<T extends OnnxConstant['data']>(text: string, make: () => T, shape: Shape): ValueName {
    const key = `${text}:${shape}`;
    const known = written.get(key);
    if (known) return known[0];
    const name = `constant_${counter++}`;
    constants.push({ name, shape, data: make() });
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
    float(value, shape) {
      const data = typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value);
      return constant(`float ${data}`, () => data, shape ?? (typeof value === 'number' ? [] : [data.length]));
    },
    ints: (values) => constant(`int ${values}`, () => int64s(values), [values.length]),
  };
}

/** Integers of 64 bits in half the time that a BigInt for each takes. */
function int64s(values: readonly number[]): BigInt64Array {
  const words = new Int32Array(2 * values.length);
  for (const [i, value] of values.entries()) {
    words[2 * i] = value;
    words[2 * i + 1] = Math.floor(value / 2 ** 32);
  }
  return new BigInt64Array(words.buffer);
}
