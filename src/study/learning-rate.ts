/** A learning-rate range test of the first arm of a configuration, on its own data. */
import { loadLossFiles } from '../config/index.js';
import type { ResolvedConfig } from '../config/schema.js';
import { compile } from '../runtime/node.js';
import { type RangePoint, type RangeTest, rangeTest } from '../train/learning-rate-range.js';
import { requireBatch, runNetwork, trainerOptions } from '../train/run-spec.js';
import { createTrainer } from '../train/trainer.js';
import { openStudyData } from './open-data.js';
import { type PlannedArm, plannedRuns, planStudy, runSpec } from './plan.js';

/** Options of {@link testLearningRates}. */
export interface LearningRateOptions {
  readonly config: ResolvedConfig;
  /** Folder of decoded samples. */
  readonly cache: string;
  readonly low: number;
  readonly high: number;
  readonly steps: number;
  readonly onData?: (done: number, total: number) => void;
  readonly onStep?: (point: RangePoint, step: number) => void;
  readonly signal?: AbortSignal;
}

/** A range test and what it was made with. */
export interface LearningRateTest extends RangeTest {
  readonly arm: PlannedArm;
  readonly seed: number;
}

/**
 * Runs the range test with the losses, model, optimizer and batch of the configuration's first run.
 * Throws as a study does before its first run, and the reason of `signal` when it is aborted.
 */
export async function testLearningRates(options: LearningRateOptions): Promise<LearningRateTest> {
  const { config, cache, onData, signal, ...test } = options;
  const { arm, run } = plannedRuns(planStudy(config))[0];
  const spec = runSpec(config, arm, run.seed);
  const lossFiles = await loadLossFiles(config.losses);
  const data = await openStudyData(config, { cache, onProgress: onData, signal });
  try {
    requireBatch(spec, data);
    const network = runNetwork(spec, data.dataset);
    const { device, threads } = config;
    const trainer = await createTrainer(
      trainerOptions(spec, network, {
        gaps: data.gaps,
        compile: (outputs) => compile(outputs, { device, threads }),
        lossFiles,
      }),
    );
    try {
      return { ...(await rangeTest({ ...test, trainer, spec, data, signal })), arm, seed: run.seed };
    } finally {
      await trainer.dispose();
    }
  } finally {
    await data.close();
  }
}
