/** The shape of `results.json`, the one file that tables, figures and reports are made from. */

/** How an arm's run ended. `collapsed`: it finished, but its mask is all background or all foreground. */
export type RunStatus = 'done' | 'failed' | 'collapsed' | 'interrupted';

/** One training run of an arm with one seed. */
export interface RunResult {
  readonly seed: number;
  readonly status: RunStatus;
  /** Why it failed or collapsed, in a sentence. */
  readonly cause?: string;
  /** Total wall time, seconds: session creation, training, validation and test. */
  readonly seconds: number;
  /** Median training step after warm-up, milliseconds. */
  readonly stepMs: number;
  /** Trainable parameters of the network. */
  readonly parameters: number;
  /** Epoch of the checkpoint that validation selected, from 1. */
  readonly bestEpoch?: number;
  /** Test metrics by name (see `metrics/`); empty for a failed run. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Folder of the run, relative to the study. */
  readonly folder: string;
}

/** Mean over seeds of one metric. `low` and `high` bound the 95 % interval and equal the mean for one seed. */
export interface MetricSummary {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** One pair of losses (and, in a capacity study, one model). */
export interface ArmResult {
  /** Folder-safe unique name, such as `bce-dice__rmse`. */
  readonly name: string;
  readonly segmentation: string;
  readonly depth: string;
  readonly model: string;
  /** `control` arms are trivial predictors (predict-everything, predict-the-mean) with no training. */
  readonly kind: 'pair' | 'duplicate' | 'control';
  readonly runs: readonly RunResult[];
  readonly summary: Readonly<Record<string, MetricSummary>>;
}

/** A whole study. */
export interface StudyResults {
  readonly study: string;
  readonly protocol: 'as-is';
  readonly device: string;
  readonly dataset: {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly height: number;
    readonly width: number;
    readonly maxDepth: number;
    readonly depthUnit: string;
  };
  readonly epochs: number;
  readonly seeds: readonly number[];
  readonly arms: readonly ArmResult[];
}
