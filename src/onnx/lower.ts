/** Lowers a graph of symbolic tensors to the bytes of one ONNX model. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_SequenceSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import {
  type Attribute,
  type DType,
  GraphError,
  type LoweringTarget,
  type Shape,
  type Tensor,
  topologicalOrder,
} from '../graph/index.js';
import { allNodes, type Branch, branchChoices } from './choices.js';
import { createEmitter, type OnnxConstant, type OnnxNode } from './emitter.js';
import { optimiseNodes } from './passes.js';
import { simplify } from './simplify.js';

/** ONNX operator set the lowerings are written for: what browsers' runtimes know. */
export const opset = 20;

/** Operators that came later, and the set that a graph with one of them asks for. */
const laterOperators: Readonly<Record<string, number>> = { BitCast: 26 };

/** A value that goes in or out of a model. */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A lowered graph. */
export interface OnnxProgram {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** See {@link LowerOptions.marker}. */
  readonly marker?: string;
  /** Whether the nodes are fused as far as onnxruntime could, and not left to it. */
  readonly fused: boolean;
  /** Number of ONNX nodes, those of all branches included. */
  readonly nodeCount: number;
}

/** Options of {@link lowerToOnnx}. */
export interface LowerOptions {
  readonly target?: LoweringTarget;
  /** See {@link Emitter.blockSize}. */
  readonly blockSize?: number;
  /** Whether {@link simplify} goes over the graph first; true by default. */
  readonly simplify?: boolean;
  /** Name of an empty sequence that is put before the outputs; see `runtime/node.ts`. */
  readonly marker?: string;
  /** Free key-value pairs kept in the model file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Element types in ONNX. */
export const elementTypes: Readonly<Record<DType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
};

function attributeProto(name: string, value: Attribute | GraphProto) {
  const attribute = create(AttributeProtoSchema, { name });
  if (typeof value === 'object' && 'node' in value) {
    attribute.type = AttributeProto_AttributeType.GRAPH;
    attribute.g = value;
  } else if (typeof value === 'number') {
    attribute.type = AttributeProto_AttributeType.INT;
    attribute.i = BigInt(value);
  } else if (typeof value === 'string') {
    attribute.type = AttributeProto_AttributeType.STRING;
    attribute.s = new TextEncoder().encode(value);
  } else if ('float' in value) {
    attribute.type = AttributeProto_AttributeType.FLOAT;
    attribute.f = value.float;
  } else {
    attribute.type = AttributeProto_AttributeType.INTS;
    attribute.ints = value.map(BigInt);
  }
  return attribute;
}

/** The operator set of a node: empty for ONNX's own. */
const domainOf = ({ type }: OnnxNode): string => (type.includes('::') ? type.split('::')[0] : '');

const opsetOf = (nodes: readonly OnnxNode[]): number =>
  Math.max(opset, ...nodes.map(({ type }) => laterOperators[type] ?? 0));

/** A node; `current` gives the names that the values of the graph around its branch have there. */
function nodeProto(node: OnnxNode, current = (name: string) => name): NodeProto {
  const inputs = node.inputs.map(current);
  const { branches: [yes, no] = [] } = node;
  const attributes = yes &&
    no && {
      then_branch: branchProto(yes, inputs.slice(1)),
      else_branch: branchProto(no, inputs.slice(1 + yes.reads.length)),
    };
  return create(NodeProtoSchema, {
    name: node.outputs[0],
    opType: node.type.split('::').at(-1)!,
    domain: domainOf(node),
    input: attributes ? inputs.slice(0, 1) : inputs,
    output: [...node.outputs],
    attribute: Object.entries({ ...node.attributes, ...attributes }).map(([name, value]) =>
      attributeProto(name, value),
    ),
  });
}

function branchProto({ nodes, outputs, types, reads }: Branch, names: readonly string[]): GraphProto {
  const current = new Map(reads.map((name, i) => [name, names[i]]));
  return create(GraphProtoSchema, {
    name: outputs[0],
    node: nodes.map((node) => nodeProto(node, (name) => current.get(name) ?? name)),
    output: outputs.map((name, i) => portProto({ name, ...types[i] })),
  });
}

const constantProto = ({ name, shape, data }: OnnxConstant) =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: data instanceof Float32Array ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });

const portProto = ({ name, shape, dtype }: Port) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: elementTypes[dtype],
          shape: create(TensorShapeProtoSchema, {
            dim: shape.map((n) =>
              create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(n) } }),
            ),
          }),
        }),
      },
    }),
  });

const sequenceProto = (name: string) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'sequenceType',
        value: create(TypeProto_SequenceSchema, {
          elemType: create(TypeProtoSchema, {
            value: {
              case: 'tensorType',
              value: create(TypeProto_TensorSchema, { elemType: TensorProto_DataType.FLOAT }),
            },
          }),
        }),
      },
    }),
  });

/**
 * Gives values their public names. A value that one node makes is renamed where it is made; one that has two public
 * names, or is an input or a constant, goes through an Identity, which costs a copy.
 */
function nameOutputs(
  nodes: readonly OnnxNode[],
  publicNames: readonly (readonly [string, string])[],
): OnnxNode[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const identities: OnnxNode[] = [];
  for (const [value, name] of publicNames) {
    if (made.has(value) && !renamed.has(value)) renamed.set(value, name);
    else
      identities.push({
        type: 'Identity',
        inputs: [renamed.get(value) ?? value],
        outputs: [name],
        attributes: {},
      });
  }
  const current = (value: string) => renamed.get(value) ?? value;
  const named = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(current),
    outputs: node.outputs.map(current),
  }));
  return [...named, ...identities];
}

/**
 * The ONNX model that computes `outputs` (by name) from the inputs they depend on.
 * Only what the outputs need is written. Throws a GraphError when two inputs share a name.
 */
export function lowerToOnnx(
  written: Readonly<Record<string, Tensor>>,
  options: LowerOptions = {},
): OnnxProgram {
  const { target = 'cpu', blockSize = 0, simplify: simplifies = true, marker, metadata = {} } = options;
  const outputs = simplifies ? simplify(written) : written;
  const emitter = createEmitter(target, blockSize);
  const names = new Map<Tensor, string>();
  const inputs: Port[] = [];
  for (const node of topologicalOrder(Object.values(outputs))) {
    const lowered = node.op.lower(
      emitter,
      node.inputs.map((tensor) => names.get(tensor)!),
      node,
    );
    node.outputs.forEach((tensor, i) => {
      names.set(tensor, lowered[i]);
    });
    if (node.op.name === 'input') {
      const { shape, dtype } = node.outputs[0];
      if (inputs.some((port) => port.name === lowered[0])) {
        throw new GraphError(`input '${lowered[0]}': the name is used by two inputs`);
      }
      inputs.push({ name: lowered[0], shape, dtype });
    }
  }
  const taken = inputs.find(({ name }) => name in outputs);
  if (taken) throw new GraphError(`output '${taken.name}': the name is an input's`);
  const wanted = new Set(Object.values(outputs).map((tensor) => names.get(tensor)!));
  const blocked = new Set(emitter.blockedTwins.values());
  const optimise = (some: readonly OnnxNode[], read: ReadonlySet<string>) =>
    optimiseNodes(some, read, blocked, blockSize > 0);
  const nodes = nameOutputs(
    optimise(branchChoices(emitter.nodes, wanted, optimise), wanted),
    Object.entries(outputs).map(([name, tensor]) => [names.get(tensor)!, name]),
  );
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const marks = marker === undefined ? [] : [marker];
  for (const name of marks)
    nodes.push({ type: 'SequenceEmpty', inputs: [], outputs: [name], attributes: {} });
  const outputPorts = Object.entries(outputs).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const everywhere = allNodes(nodes);
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: 'fathom',
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opsetOf(everywhere)) }),
      ...[...new Set(everywhere.map(domainOf))]
        .filter((domain) => domain !== '')
        .map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: create(GraphProtoSchema, {
      name: 'fathom',
      node: nodes.map((node) => nodeProto(node)),
      initializer: emitter.constants.filter(({ name }) => read.has(name)).map(constantProto),
      input: inputs.map(portProto),
      output: [...marks.map(sequenceProto), ...outputPorts.map(portProto)],
    }),
  });
  const bytes = toBinary(ModelProtoSchema, model);
  return {
    ...{ bytes, inputs, outputs: outputPorts, marker },
    fused: blockSize > 0,
    nodeCount: everywhere.length,
  };
}
