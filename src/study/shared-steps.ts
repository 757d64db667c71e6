/** Which runs of a study one compiled step can train: to compile it takes as long as several steps. */
import { compileLoss } from '../losses/registry.js';
import { type RunSpec, runIdentity, type StepSurroundings, usedLossFiles } from '../train/run-spec.js';
import type { Study } from './carry-out.js';

/** The step of a run. */
export interface SharedStep {
  /** The same for runs whose steps are the same graph. */
  readonly key: string;
  /** The losses that it can compute, where they are several. */
  readonly among?: StepSurroundings['among'];
}

/**
 * The steps of runs, in their order. On the CPU, runs that differ in their seeds and built-in losses alone have one step, to which
 * they say which losses are theirs. It gives the same bits as a step with these losses only. Elsewhere runs that differ in their
 * seeds alone share one.
 */
export function sharedSteps(
  specs: readonly RunSpec[],
  { data, lossFiles }: Pick<Study, 'data' | 'lossFiles'>,
): readonly SharedStep[] {
  const identity = (spec: RunSpec) => runIdentity({ ...spec, seed: 0 }, data, lossFiles);
  const keys = specs.map((spec) => {
    const { device, weight, protocol, segmentation } = spec;
    // What losses are divided by is part of the step, and of each seed its own.
    if (protocol === 'normalised') return runIdentity(spec, data, lossFiles);
    const canChoose =
      device === 'cpu' && typeof weight === 'number' && usedLossFiles(spec, lossFiles).length === 0;
    if (!canChoose) return identity(spec);
    // A batch only has a distance map where the step reads it.
    const needs = compileLoss(segmentation, 'segmentation').needs.filter((need) => need === 'distance');
    return ['any', ...needs, identity({ ...spec, segmentation: 'bce', depth: 'bce' })].join(' ');
  });
  return keys.map((key) => {
    const sharing = specs.filter((_, i) => keys[i] === key);
    const among = {
      segmentation: [...new Set(sharing.map(({ segmentation }) => segmentation))],
      depth: [...new Set(sharing.map(({ depth }) => depth))],
    };
    return among.segmentation.length + among.depth.length > 2 ? { key, among } : { key };
  });
}
