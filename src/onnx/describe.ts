/** Reads what an ONNX file says of itself: its inputs and outputs, and the key-value pairs kept in it. */
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type ValueInfoProto } from 'onnx-buf';
import { FathomError } from '../errors.js';
import type { DType } from '../graph/index.js';
import { elementTypes, type OnnxProgram, type Port } from './lower.js';

/** What a model says of itself. */
export interface DescribedModel {
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The model, ready for a runtime. Throws a FathomError of code `data` for a port without a fixed shape, and for one of
   * numbers that Fathom does not use.
   */
  program(): OnnxProgram;
}

/** Describes the model in `bytes`; `file` names it in errors. Throws a FathomError of code `data` for other bytes. */
export function describeOnnx(bytes: Uint8Array, file: string): DescribedModel {
  let model: ReturnType<typeof parse>;
  try {
    model = parse(bytes);
  } catch (cause) {
    throw new FathomError('data', `${file}: is no ONNX model`, {
      hint: 'give a file that `fathom export` wrote; it may be cut short',
      cause,
    });
  }
  const { graph } = model;
  if (!graph || graph.node.length === 0)
    throw new FathomError('data', `${file}: is no ONNX model`, {
      hint: 'give a file that `fathom export` wrote',
    });
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return {
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    program: () => ({
      bytes,
      inputs: graph.input.filter(({ name }) => !constants.has(name)).map((value) => port(value, file)),
      outputs: graph.output.map((value) => port(value, file)),
      nodeCount: graph.node.length,
      fused: false,
    }),
  };
}

const parse = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

function port({ name, type }: ValueInfoProto, file: string): Port {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  const dtype = Object.entries(elementTypes).find(([, code]) => code === tensor?.elemType)?.[0];
  const shape = tensor?.shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : -1));
  if (dtype && shape?.every((size) => size > 0)) return { name, shape, dtype: dtype as DType };
  throw new FathomError('data', `${file}: '${name}': expected a fixed shape of float32, int64 or bool`, {
    hint: 'give a file that `fathom export` wrote',
  });
}
