/** The plan of a study with an estimate of its time, measured on a few steps of random images. */
import { loadLossFiles } from '../config/index.js';
import type { ResolvedConfig } from '../config/schema.js';
import { compile } from '../runtime/node.js';
import { type OpenedData, openSplits } from '../study/open-data.js';
import { type PlannedArm, plannedRuns, runSpec, runTitle, type StudyPlan } from '../study/plan.js';
import { requireBatch, runNetwork, trainerOptions } from '../train/run-spec.js';
import { benchmarkStep } from '../train/step-benchmark.js';
import type { CliContext } from './context.js';
import { formatDuration } from './progress.js';
import { countImages } from './study-display.js';

/** What {@link printPlan} prints. */
export interface DryRun {
  readonly config: ResolvedConfig;
  readonly plan: StudyPlan;
  /** Says what the study is, before its plan. */
  readonly introduce: (data: OpenedData) => void;
  readonly json: boolean;
}

/** Evaluating an image takes about this share of training on it: forward only. */
const evaluationShare = 0.3;

/** Steps that are timed for each model. */
const timedSteps = 3;

/** What decides the time of a step: the model, and the method where there is one. */
const timed = ({ label, weight }: PlannedArm): string =>
  typeof weight === 'number' ? label : `${label} with ${weight}`;

/** Prints every run of the plan and the estimated time. */
export async function printPlan(
  { config, plan, introduce, json }: DryRun,
  { stdout }: CliContext,
): Promise<void> {
  const data = await openSplits(config);
  await data.dataset.close?.();
  requireBatch(config, data);
  introduce(data);
  const counts = countImages(data);
  const runs = plannedRuns(plan);
  const lossFiles = await loadLossFiles(config.losses);
  const stepMs = new Map<string, number>();
  let seconds = 0;
  for (const { arm, run } of runs) {
    if (!stepMs.has(timed(arm))) {
      const spec = runSpec(config, arm, run.seed);
      const options = trainerOptions(spec, runNetwork(spec, data.dataset), {
        gaps: { mask: false, depth: false },
        compile: (outputs) => compile(outputs, { device: config.device, threads: config.threads }),
        lossFiles,
      });
      stepMs.set(timed(arm), (await benchmarkStep(options, timedSteps)).stepMs);
    }
    const { batch, epochs } = config.train;
    const perImage = stepMs.get(timed(arm))! / batch / 1000;
    const trained = Math.floor(counts.train / batch) * batch * epochs;
    seconds += perImage * (trained + evaluationShare * (counts.validation * epochs + counts.test));
  }
  if (json) {
    stdout.write(`${JSON.stringify({ ...plan, estimatedSeconds: Math.round(seconds) }, null, 2)}\n`);
    return;
  }
  for (const [i, { arm, run }] of runs.entries()) {
    const number = String(i + 1).padStart(String(runs.length).length);
    stdout.write(`${number}  ${runTitle(arm, run)}\n`);
  }
  const steps = [...stepMs].map(([label, ms]) => `${label} ${ms.toFixed(0)} ms a step`).join(', ');
  stdout.write(`estimated time: ${formatDuration(seconds)} (${steps})\n`);
}
