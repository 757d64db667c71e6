/** Lowers the step of a run from plain data, so that another thread can do it while the run before still trains. */
import type { Dataset } from '../data/dataset.js';
import { type LowerOptions, lowerToOnnx, type OnnxProgram } from '../onnx/lower.js';
import type { Gaps } from './batch-inputs.js';
import { type RunSpec, runNetwork, runStep, type StepSurroundings } from './run-spec.js';
import { buildStep } from './step.js';

/** What decides the step of a run with built-in losses as they are written. */
export interface StepRequest {
  readonly spec: RunSpec;
  readonly dataset: Pick<Dataset, 'name' | 'height' | 'width' | 'hasBackground'>;
  readonly gaps: Gaps;
  readonly among?: StepSurroundings['among'];
  readonly options: LowerOptions;
}

/** The program that a trainer of this run compiles. Throws what building its graph throws. */
export function lowerStep({ spec, dataset, gaps, among, options }: StepRequest): OnnxProgram {
  // Weights to begin with are no part of the step.
  const network = runNetwork({ ...spec, train: { ...spec.train, init: undefined } }, dataset);
  return lowerToOnnx(buildStep(runStep(spec, network, { gaps, among })).outputs, options);
}
