/** The shape of `results.json`, the one file that tables, figures and reports are made from. */
import type { StudyTime } from './study-time.js';

/** How an arm's run ended. `collapsed`: it finished, but its mask is all background or all foreground. */
export type RunStatus = 'done' | 'failed' | 'collapsed' | 'interrupted';

/**
 * What makes runs comparable, as hashes: the weights before training, the training split, the order of its samples in
 * the first epochs, and the augmentation.
 */
export interface RunPairing {
  readonly initialWeights: string;
  readonly trainingSubset: string;
  readonly batchOrder: string;
  readonly augmentation: string;
}

/** One training run of an arm with one seed. */
export interface RunResult {
  readonly seed: number;
  readonly status: RunStatus;
  /** Why it failed or collapsed, in a sentence. */
  readonly cause?: string;
  /** Total wall time, seconds: training, validation and test. What runs share, data and sessions, is not in it. */
  readonly seconds: number;
  /** Median training step after warm-up, milliseconds. */
  readonly stepMs: number;
  /** Trainable parameters of the network. */
  readonly parameters: number;
  /** Epoch of the checkpoint that validation selected, from 1. */
  readonly bestEpoch?: number;
  /** Norm of each loss's first gradient on the shared encoder, by which the normalised protocol divides it. */
  readonly norms?: { readonly segmentation: number; readonly depth: number };
  /** Hashes of what runs of one seed must have in common to be compared. */
  readonly pairing?: RunPairing;
  /** Test metrics by name (see `metrics/`); empty for a failed run. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Folder of the run, relative to the study. */
  readonly folder: string;
}

/**
 * Mean over seeds of one metric. `low` and `high` bound its 95 % interval over seeds and test images; for one seed, over
 * the choice of images alone.
 */
export interface MetricSummary {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** First and last place that the arm may have among those that are compared; absent for an arm that is not. */
  readonly rank?: readonly [first: number, last: number];
  /** Seeds and test images behind the numbers. */
  readonly seeds: number;
  readonly images: number;
}

/** One pair of losses (and, in a capacity study, one model). */
export interface ArmResult {
  /** Folder-safe unique name, such as `bce-dice__rmse`. */
  readonly name: string;
  readonly segmentation: string;
  readonly depth: string;
  readonly model: string;
  /** How the two losses became one: the fixed weight of depth, or a balancing method. */
  readonly weight?: number | string;
  readonly protocol?: 'as-is' | 'normalised';
  /** What sets it apart from other arms of the same losses and model, such as `famo, normalised`; absent for one. */
  readonly variant?: string;
  /** `control` arms are trivial predictors (predict-everything, predict-the-mean) with no training. */
  readonly kind: 'pair' | 'duplicate' | 'control';
  readonly runs: readonly RunResult[];
  readonly summary: Readonly<Record<string, MetricSummary>>;
}

/**
 * What a difference says. `separable`: its interval excludes 0, it is above the noise floor, and it is large enough among
 * all the pairs that were compared. The others say what stands against it.
 */
export type Separability =
  | 'separable'
  | 'interval includes 0'
  | 'below noise floor'
  | 'not among so many pairs'
  | 'one seed';

/** An estimate with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** How arm `a` differs from arm `b` in one metric: `a − b`, paired by seed and image. */
export interface PairDifference extends Estimate {
  readonly a: string;
  readonly b: string;
  /** Two-sided p of no difference over other seeds and images, of this pair alone. */
  readonly p: number;
  /** Share of images, and of seeds, on which a is better; equal ones count a half. */
  readonly betterOnImages: number;
  readonly betterWithSeeds: number;
  /** Wilcoxon's signed-rank test over the images, corrected by Holm for all pairs: do these networks differ? */
  readonly wilcoxon: number;
  readonly verdict: Separability;
}

/** Effects of a full factorial in one metric; see `stats/factorial.ts`. */
export interface FactorialEffects {
  /** Model and variant of its arms, where the study has several; empty where there is one. */
  readonly of: string;
  /** Names of the losses, in the order of the effects. */
  readonly segmentation: readonly string[];
  readonly depth: readonly string[];
  /** Mean of all cells. */
  readonly mean: Estimate;
  /** Distance of a loss's mean from {@link mean}. */
  readonly segmentationEffects: readonly Estimate[];
  readonly depthEffects: readonly Estimate[];
  /** What a cell has beyond its two losses' effects, `[segmentation][depth]`. */
  readonly interaction: readonly (readonly Estimate[])[];
  /** Shares of the variance of all runs: segmentation, depth, interaction, seeds and noise add up to 1. */
  readonly shares: Readonly<Record<'segmentation' | 'depth' | 'interaction' | 'seeds' | 'noise', number>>;
}

/** All arms compared in one metric. */
export interface MetricComparison {
  /** Test images that have a truth for the metric. */
  readonly images: number;
  /** Arms that no other is separably better than: tied with the best. */
  readonly tied: readonly string[];
  /** From the duplicate arm: two identical arms differ by less than `floor` 95 times in 100; `observed` is their gap. */
  readonly noiseFloor?: { readonly floor: number; readonly observed: number };
  /** Every pair of arms. */
  readonly differences: readonly PairDifference[];
  /** For each trivial predictor, the arms that are separably better and worse, at 95 % for all arms together. */
  readonly controls: readonly {
    readonly name: string;
    readonly better: readonly string[];
    readonly worse: readonly string[];
  }[];
  /** One for each model and variant whose pairs are a full table; absent without any. */
  readonly effects?: readonly FactorialEffects[];
}

/** The comparison of a study's arms, on the seeds and test images that all of them have. */
export interface StudyComparison {
  /** Names of the arms that are compared: trained ones of which no run failed. */
  readonly arms: readonly string[];
  readonly seeds: number;
  readonly images: number;
  /** Whether fewer than five seeds stand behind it. */
  readonly preliminary: boolean;
  /** By metric: `miou` and `mrmse`, the first number of each task. */
  readonly metrics: Readonly<Record<string, MetricComparison>>;
}

/** A whole study. */
export interface StudyResults {
  readonly study: string;
  /** `both`: every pair once with its losses as written and once normalised, side by side. */
  readonly protocol: 'as-is' | 'normalised' | 'both';
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
  /** Absent when fewer than two arms can be compared. */
  readonly comparison?: StudyComparison;
  /** Where the time went; absent for a study that was not carried out by `fathom study` to its end. */
  readonly time?: StudyTime;
}
