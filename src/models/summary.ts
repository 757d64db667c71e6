/** What a network consists of: its layers with their outputs, parameters and multiply-adds. */
import { input, type Shape, type Tensor, topologicalOrder } from '../graph/index.js';
import { collectState } from '../nn/scope.js';
import type { Model } from './model.js';

/** One layer with parameters, or a module: several of them. */
export interface LayerSummary {
  /** Path in the scope, such as `encoder.down1.conv1`. */
  readonly name: string;
  /** Such as `3×3 convolution`; `module` for several layers. */
  readonly kind: string;
  /** `[C, H, W]` of the layer's, or the module's last, convolution; absent for batch norm. */
  readonly output?: Shape;
  readonly parameters: number;
  /** Multiplications, each with an addition, for one image; batch norm and other element-wise work is not counted. */
  readonly multiplyAdds: number;
}

/** Options of {@link summariseModel}. */
export interface SummaryOptions {
  /** Channels at full resolution. */
  readonly width: number;
  readonly size: readonly [height: number, width: number];
  /** Of the input: 3, or 6 with backgrounds. */
  readonly channels: number;
}

const parent = (name: string): string => name.slice(0, name.lastIndexOf('.'));

/** The parameter that a kernel is, or is rearranged from. */
function parameterName(tensor: Tensor): string {
  const { op, inputs, attributes } = tensor.node;
  return op.name === 'input' ? (attributes as { name: string }).name : parameterName(inputs[0]);
}

/**
 * The layers of a model in the order of their construction. Throws a GraphError for a size that the model cannot take.
 *
 * @example summariseModel(resunet, { width: 8, size: [64, 64], channels: 6 })[0].name // 'stem'
 */
export function summariseModel(model: Model, { width, size, channels }: SummaryOptions): LayerSummary[] {
  const outputs: Tensor[] = [];
  const { parameters } = collectState((scope) => {
    const { segmentation, depth } = model.build(scope, input('x', [1, channels, ...size]), width);
    outputs.push(segmentation, depth);
  }, input);
  const convolutions = new Map<
    string,
    { kernel: Shape; output: Shape; multiplyAdds: number; groups: number }
  >();
  for (const { op, inputs, outputs: results, attributes } of topologicalOrder(outputs)) {
    if (op.name !== 'conv2d' && op.name !== 'groupedConv2d') continue;
    const [y] = results;
    convolutions.set(parent(parameterName(inputs[1])), {
      kernel: inputs[1].shape.slice(2),
      output: y.shape.slice(1),
      multiplyAdds: (y.size * inputs[1].size) / y.shape[1],
      groups: (attributes as { groups?: number }).groups ?? 1,
    });
  }
  const layers = new Map<string, number>();
  for (const { name, shape } of parameters) {
    const count = shape.reduce((a, b) => a * b, 1);
    layers.set(parent(name), (layers.get(parent(name)) ?? 0) + count);
  }
  return [...layers].map(([name, count]): LayerSummary => {
    const found = convolutions.get(name);
    if (!found) return { name, kind: 'batch norm', parameters: count, multiplyAdds: 0 };
    const { kernel, output, multiplyAdds, groups } = found;
    const grouped = groups === 1 ? '' : groups === output[0] ? ' depthwise' : ` ${groups}-group`;
    return {
      name,
      kind: `${kernel.join('×')}${grouped} convolution`,
      output,
      parameters: count,
      multiplyAdds,
    };
  });
}

/** Layers gathered by the first two parts of their names, such as `encoder.down1`. */
export function gatherModules(layers: readonly LayerSummary[]): LayerSummary[] {
  const modules = new Map<string, LayerSummary[]>();
  for (const layer of layers) {
    const name = layer.name.split('.').slice(0, 2).join('.');
    modules.set(name, [...(modules.get(name) ?? []), layer]);
  }
  return [...modules].map(([name, members]) => ({
    name,
    kind: members.length === 1 ? members[0].kind : 'module',
    output: members.findLast(({ output }) => output)?.output,
    parameters: members.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: members.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  }));
}
