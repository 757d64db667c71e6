/** Lowers the step of the next run, where it is another one, on the thread that draws, while the run before it trains. */
import type { CallableModule } from '../background-thread.js';
import type { OnnxProgram } from '../onnx/lower.js';
import { loweringFor } from '../runtime/node.js';
import { hasFinished, readRunState } from '../train/run-folder.js';
import { type RunSpec, usedLossFiles } from '../train/run-spec.js';
import type { Study } from './carry-out.js';
import type { SharedStep } from './shared-steps.js';

const stepLowering: CallableModule<typeof import('../train/lower-step.js')> = {
  url: new URL('../train/lower-step.js', import.meta.url).href,
  load: () => import('../train/lower-step.js'),
};

/**
 * The program of a run's step. Undefined for a run that has finished, for one whose graph takes more than its configuration, such as
 * a user's own losses, and where it fails: so will the run, which says why.
 */
export async function lowerAhead(
  { options, data, lossFiles, pictures }: Study,
  spec: RunSpec,
  { among }: SharedStep,
  folder: string,
): Promise<OnnxProgram | undefined> {
  try {
    if (spec.protocol === 'normalised' || usedLossFiles(spec, lossFiles).length > 0) return undefined;
    if (hasFinished(await readRunState(folder))) return undefined;
    const { name, height, width, hasBackground } = data.dataset;
    return await pictures.thread.call(stepLowering, 'lowerStep', {
      spec,
      dataset: { name, height, width, hasBackground },
      gaps: data.gaps,
      among,
      options: await loweringFor(options.config),
    });
  } catch {
    return undefined;
  }
}
