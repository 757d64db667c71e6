/** The lines of `history.ndjson`: one a training step, one an epoch. */

/** One training step. */
export interface StepRecord {
  readonly kind: 'step';
  /** Steps since the start of the run, from 1. */
  readonly step: number;
  readonly epoch: number;
  /** Seconds since the start of the run. */
  readonly seconds: number;
  readonly learningRate: number;
  /** Joint loss, and its two parts before weighting. */
  readonly loss: number;
  readonly segmentationLoss: number;
  readonly depthLoss: number;
  /** What the gradients of both losses, segmentation and depth, were multiplied by; earlier versions left it out. */
  readonly weights?: readonly [number, number];
  /** Cosine between both gradients on the shared encoder, at the steps where it was measured. */
  readonly cosine?: number;
  /** Milliseconds the step took, and those it waited for its batch. */
  readonly stepMs: number;
  readonly waitMs: number;
}

/** One finished epoch: mean training losses, and the metrics of the validation split. */
export interface EpochRecord {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly segmentationLoss: number;
  readonly depthLoss: number;
  readonly validation: Readonly<Record<string, number>>;
  readonly best: boolean;
}

/** A line of `history.ndjson`. */
export type HistoryRecord = StepRecord | EpochRecord;
