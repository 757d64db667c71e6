/** What a study shows on the terminal while it runs: an introduction, one bar, one line an epoch. */
import type { ResolvedConfig, WeightConfig } from '../config/schema.js';
import type { StudyObserver } from '../study/execute.js';
import type { OpenedData } from '../study/open-data.js';
import { armTitle, type StudyPlan, weightsOf } from '../study/plan.js';
import { epochHeader, epochLine } from '../train/epoch-line.js';
import type { CliContext } from './context.js';
import { createProgress, formatDuration, type Progress } from './progress.js';

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const jointLoss = (weight: WeightConfig) =>
  typeof weight === 'number' ? `segmentation + ${weight} × depth` : weight;

/** Images in each split. */
export const countImages = ({ splits: { train, validation, test } }: Pick<OpenedData, 'splits'>) => ({
  train: train.length,
  validation: validation.length,
  test: test.length,
});

/** Five lines that say what is about to happen. */
export function introduction(
  config: ResolvedConfig,
  plan: StudyPlan,
  data: OpenedData,
  folder: string,
): string {
  const { train, study, dataset } = config;
  const images = countImages(data);
  const runs = plan.arms.reduce((total, arm) => total + arm.runs.length, 0);
  const models = [...new Set(plan.arms.map((arm) => `${arm.label} of width ${arm.model.width}`))].join(', ');
  const steps = Math.floor(images.train / train.batch);
  const [height, width] = dataset.size;
  const rate =
    train.schedule.kind === 'one-cycle' ? `up to ${train.schedule.maxLr}` : `from ${train.optimizer.lr}`;
  return [
    `Study ${plan.study}: ${plural(plan.arms.length, 'arm')} with ${plural(plan.seeds.length, 'seed')}, ${plural(runs, 'run')} of ${models} on ${plan.device}`,
    `data      ${data.dataset.name}: ${images.train} training, ${images.validation} validation and ${images.test} test images of ${width}×${height}`,
    `training  ${plural(train.epochs, 'epoch')} of ${plural(steps, 'step')}, batch ${train.batch}, ${train.optimizer.kind}, ${train.schedule.kind} ${rate}`,
    `loss      ${weightsOf(study).map(jointLoss).join(' or ')}; the best epoch by validation mIoU − RMSE is tested once`,
    `folder    ${folder}: stop with Ctrl-C at any time, the same command continues`,
    '',
  ].join('\n');
}

/**
 * An observer that draws progress on the error stream; `done` removes the bar. `opened` hears of the data set first, to say what is
 * about to happen.
 */
export function displayStudy(
  { stderr, env }: CliContext,
  { arms, epochs, batch }: StudyPlan,
  opened: NonNullable<StudyObserver['opened']> = () => {},
): StudyObserver & { done(): void } {
  let stepsARun = 0;
  const runs = arms.reduce((total, arm) => total + arm.runs.length, 0);
  let reading: Progress | undefined;
  let bar: Progress | undefined;
  return {
    opened(data) {
      stepsARun = Math.floor(data.splits.train.length / batch) * epochs;
      opened(data);
    },
    data(done, total) {
      reading ??= createProgress({ stream: stderr, total, label: 'reading data', env });
      reading.update(done);
      if (done === total) {
        reading.done();
        reading = undefined;
      }
    },
    run(arm, { seed }, index) {
      const name = `${arm.segmentation} · ${arm.depth}`;
      if (!bar) {
        bar = createProgress({ stream: stderr, total: runs * stepsARun, label: 'study', env });
        bar.note(epochHeader);
      }
      bar.note(`[${index + 1}/${runs}] ${armTitle(arm)} · seed ${seed}`);
      let trained = false;
      return {
        step(record) {
          if (!trained) bar?.skip(index * stepsARun + record.step - 1);
          trained = true;
          bar?.update(
            index * stepsARun + record.step,
            `${index + 1}/${runs} ${name}  epoch ${record.epoch}/${epochs}  loss ${record.loss.toFixed(4)}`,
          );
        },
        epoch: (record) => bar?.note(epochLine(record, epochs)),
        done({ status, cause, seconds, stoppedAfter, bestEpoch }) {
          if (!trained && status !== 'failed')
            bar?.note(`       kept: finished before in ${formatDuration(seconds)}`);
          else if (cause) bar?.note(`       ${status}: ${cause}`);
          else if (stoppedAfter)
            bar?.note(`       stopped after epoch ${stoppedAfter}: nothing better since epoch ${bestEpoch}`);
          // What a failed run left undone does not count either.
          bar?.skip((index + 1) * stepsARun);
        },
      };
    },
    done() {
      reading?.done();
      bar?.done();
    },
  };
}
