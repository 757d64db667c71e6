/** Measures a network with its running statistics: sums of each image for the metrics, and predictions to look at. */
import type { Dataset, Sample } from '../data/dataset.js';
import { loadBatches } from '../data/loader.js';
import { sigmoid, type Tensor } from '../graph/index.js';
import { sumRows } from '../metrics/finalize.js';
import { imageSums, type SumName } from '../metrics/sums.js';
import type { Executable } from '../runtime/executable.js';
import { type BatchInputs, batchFeeds, batchInputs, type Gaps } from './batch-inputs.js';
import { bindNetwork, type Network, type StateBuffers } from './network.js';

/** Turns the outputs of a graph into something that runs. */
export type Compile = (outputs: Readonly<Record<string, Tensor>>) => Promise<Executable>;

/** The sums of a set of images; row `i` belongs to the `i`-th image, column `k` is called `names[k]`. */
export interface Measurement {
  readonly ids: readonly string[];
  readonly names: readonly SumName[];
  readonly rows: readonly Float64Array[];
}

/** A measurement with predictions of the samples that were to be shown, in the order they were measured. */
export interface ShownMeasurement extends Measurement {
  readonly predictions: readonly PredictedSample[];
}

/** An image with what the network says of it. */
export interface PredictedSample {
  readonly sample: Sample;
  /** `[H, W]` probability of foreground. */
  readonly mask: Float32Array;
  /** `[H, W]` depth, 0–1 of the data set's maximum. */
  readonly depth: Float32Array;
  /** The image's sums, as in a {@link Measurement}. */
  readonly sums: Float64Array;
}

/** Measures networks of one layout, whatever their weights; arms that share it share the compiled graph. */
export interface Evaluator {
  /** Column names of the sums. */
  readonly names: readonly SumName[];
  /**
   * Sums of the samples at `indices`, in their order, and predictions of those among `shown`. Throws the reason of
   * `signal` when it is aborted.
   */
  measure(
    state: StateBuffers,
    dataset: Dataset,
    indices: readonly number[],
    options?: { readonly shown?: readonly number[]; readonly signal?: AbortSignal },
  ): Promise<ShownMeasurement>;
  dispose(): Promise<void>;
}

/** Options of {@link createEvaluator}. */
export interface EvaluatorOptions {
  readonly network: Network;
  /** Images evaluated at once. It decides speed and memory, not the numbers. */
  readonly batch: number;
  readonly gaps: Gaps;
  readonly compile: Compile;
}

/** Logits and truth side by side, as losses and metrics take them. */
export const tasksOf = (logits: { segmentation: Tensor; depth: Tensor }, inputs: BatchInputs) => ({
  segmentation: { logits: logits.segmentation, target: inputs.mask, valid: inputs.maskValid },
  depth: { logits: logits.depth, target: inputs.depth, valid: inputs.depthValid },
});

/** Compiles the evaluation graph of a network. */
export async function createEvaluator({
  network,
  batch,
  gaps,
  compile,
}: EvaluatorOptions): Promise<Evaluator> {
  const inputs = batchInputs(network, batch, gaps);
  const { logits } = bindNetwork(network, inputs.x, false);
  const { names, sums } = imageSums(tasksOf(logits, inputs), 'evaluation');
  const executable = await compile({
    sums,
    predictedMask: sigmoid(logits.segmentation),
    predictedDepth: sigmoid(logits.depth),
  });
  const area = network.spec.size[0] * network.spec.size[1];
  const fetches = {
    sums: new Float32Array(batch * names.length),
    predictedMask: new Float32Array(batch * area),
    predictedDepth: new Float32Array(batch * area),
  };
  return {
    names,
    async measure(state, dataset, indices, { shown = [], signal } = {}) {
      const rows: Float64Array[] = [];
      const ids: string[] = [];
      const predictions: PredictedSample[] = [];
      const wanted = new Set(shown);
      for await (const part of loadBatches(dataset, indices, { batch, signal })) {
        await executable.run({ ...batchFeeds(part, network, batch, gaps), ...state }, fetches);
        const sums = sumRows(fetches.sums, names.length, part.size);
        const plane = (values: Float32Array, i: number) => values.slice(i * area, (i + 1) * area);
        for (const [i, row] of sums.entries()) {
          const index = indices[rows.length + i];
          if (!wanted.has(index)) continue;
          predictions.push({
            sample: await dataset.read(index),
            mask: plane(fetches.predictedMask, i),
            depth: plane(fetches.predictedDepth, i),
            sums: row,
          });
        }
        rows.push(...sums);
        ids.push(...part.ids);
      }
      return { names, rows, ids, predictions };
    },
    dispose: () => executable.dispose(),
  };
}

/** Evaluators by what they measure, each compiled once. */
export interface EvaluatorPool {
  get(options: Omit<EvaluatorOptions, 'compile'>): Promise<Evaluator>;
  dispose(): Promise<void>;
}

/** A pool of evaluators, empty at first. */
export function createEvaluatorPool(compile: Compile): EvaluatorPool {
  const evaluators = new Map<string, Promise<Evaluator>>();
  return {
    get(options) {
      const { model, ...network } = options.network.spec;
      const key = JSON.stringify([model.name, network, options.batch, options.gaps]);
      let evaluator = evaluators.get(key);
      if (!evaluator) {
        evaluator = createEvaluator({ ...options, compile });
        evaluators.set(key, evaluator);
      }
      return evaluator;
    },
    async dispose() {
      const settled = await Promise.allSettled(evaluators.values());
      evaluators.clear();
      for (const result of settled) if (result.status === 'fulfilled') await result.value.dispose();
    },
  };
}
