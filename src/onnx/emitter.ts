/** Collects ONNX nodes and constants while a graph is lowered; equal nodes and equal constants are written once. */
import type { Attribute, Emitter, LoweringTarget, Shape, TensorType, ValueName } from '../graph/index.js';
import type { Branch } from './choices.js';

/** A node of the ONNX graph. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly ValueName[];
  readonly outputs: readonly ValueName[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What a choice is between, before it is written as nodes of type `If`. */
  readonly choice?: Choice;
  /** Of an `If`: what is computed when its first input is true, and else. Its other inputs are what both read, one after the other. */
  readonly branches?: readonly [Branch, Branch];
}

/** Ways to compute the outputs of a node. Its inputs say which: whether it is one before the second, one before the third, … */
interface Choice {
  readonly ways: readonly (readonly ValueName[])[];
  readonly types: readonly TensorType[];
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
  /** Constants by shape and hash. */
  const known = new Map<string, OnnxConstant[]>();
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

  function constant(data: OnnxConstant['data'], shape: Shape): ValueName {
    const key = `${shape}:${hashOf(data)}`;
    const alike = known.get(key) ?? [];
    const equal = alike.find((other) => isSame(other.data, data));
    if (equal) return equal.name;
    const added = { name: `constant_${counter++}`, shape, data };
    constants.push(added);
    known.set(key, [...alike, added]);
    return added.name;
  }

  const float = (value: number | ArrayLike<number>, shape?: Shape): ValueName => {
    const data = typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value);
    return constant(data, shape ?? (typeof value === 'number' ? [] : [data.length]));
  };

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
    choose(which, ways, types) {
      const inputs = ways.slice(1).map((_, i) => write('Less', [which, float(i + 0.5)], {}, 1)[0]);
      const outputs = types.map(() => `choice_${counter++}`);
      nodes.push({ type: 'If', inputs, outputs, attributes: {}, choice: { ways, types } });
      return outputs;
    },
    float,
    ints: (values) => constant(int64s(values), [values.length]),
  };
}

/** The bits of a constant, 32 at a time. */
const wordsOf = ({ buffer, byteOffset, byteLength }: OnnxConstant['data']): Int32Array =>
  new Int32Array(buffer, byteOffset, byteLength / 4);

/** FNV-1a of the bits. */
function hashOf(data: OnnxConstant['data']): number {
  let hash = 0x811c9dc5;
  for (const word of wordsOf(data)) hash = Math.imul(hash ^ word, 0x01000193);
  return hash;
}

/** Whether two constants of one shape have the same type and bits. */
function isSame(a: OnnxConstant['data'], b: OnnxConstant['data']): boolean {
  if (a.constructor !== b.constructor) return false;
  const words = wordsOf(b);
  return wordsOf(a).every((word, i) => word === words[i]);
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
