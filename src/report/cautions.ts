/** What not to conclude from a study, as far as it applies. */
import { type Expression, parseExpression } from '../losses/expression.js';
import type { ArmResult, StudyResults } from '../study/results.js';
import { finishedRuns, isFinished, seedsForAClaim, trainedArms } from './arms.js';
import { armLabel, count, list } from './labels.js';

/** Depth losses that do not see a constant added to the depth, or not its scale. */
const blindToOffset = new Set(['grad', 'ssi', 'normals', 'smoothness']);

/** Names of the losses in an expression. */
function lossNames(expression: Expression): string[] {
  if (expression.kind === 'loss') return [expression.name];
  if (expression.kind === 'sum') return expression.terms.flatMap(lossNames);
  if (expression.kind === 'product') return expression.factors.flatMap(lossNames);
  return expression.kind === 'number' ? [] : lossNames(expression.argument);
}

const isBlind = (loss: string): boolean =>
  lossNames(parseExpression(loss)).every((name) => blindToOffset.has(name));

/** Cautions, one a line, the most important first. */
export function cautions(results: StudyResults): string[] {
  const { comparison, dataset, epochs, protocol } = results;
  const trained = trainedArms(results.arms);
  const finished = trained.flatMap(finishedRuns);
  if (finished.length === 0) return [];
  const seeds = comparison?.seeds ?? Math.max(...trained.map((arm) => finishedRuns(arm).length));
  const failing = trained.filter(
    (arm) => finishedRuns(arm).length > 0 && arm.runs.some((run) => run.status === 'failed'),
  );
  const blind = [...new Set(trained.map((arm) => arm.depth))].filter(isBlind);
  const atTheEnd = finished.filter((run) => run.bestEpoch === epochs).length / finished.length;
  const unfinished = trained.flatMap((arm) => arm.runs).filter((run) => run.status === 'interrupted').length;
  return [
    unfinished > 0 &&
      `The study is not complete: ${count(unfinished, 'run')} did not finish. Run the same command again.`,
    seeds < seedsForAClaim &&
      `Any order at all, as a claim: ${count(seeds, 'seed')} ${seeds === 1 ? 'is' : 'are'} too few. Set study.seeds: ${seedsForAClaim}.`,
    'That the highest number wins. Arms that are tied may change places with other seeds or other images.',
    'That tied arms are equal. The study was too small to tell them apart; a larger one might.',
    failing.length > 0 &&
      `Anything of ${list(
        failing.map((arm) => armLabel(arm, results)),
        4,
      )}: a run of it failed, and its other seeds alone would flatter it.`,
    blind.length > 0 &&
      `That ${list(blind, 4)} ${blind.length === 1 ? 'is' : 'are'} bad at shape because of the RMSE: such a loss does not see a constant added to the depth. Read the aligned RMSE instead.`,
    protocol === 'as-is' &&
      'That a loss is better by its shape alone. Losses were used as written, so their sizes also set the balance of the tasks and the learning rate.',
    atTheEnd >= 0.5 &&
      `That longer training would end the same: ${Math.round(100 * atTheEnd)} % of the runs were at their best in the last epoch, so the study tells what learns fast.`,
    `That it holds elsewhere: other images than ${dataset.name}, other networks and sizes were not tried.`,
  ].filter((line) => line !== false);
}

/** The runs that failed, collapsed or did not finish, each with its cause. */
export function failures(
  results: StudyResults,
): { arm: ArmResult; seed: number; status: string; cause: string }[] {
  return trainedArms(results.arms).flatMap((arm) =>
    arm.runs
      .filter((run) => !isFinished(run) || run.status !== 'done')
      .map(({ seed, status, cause = '' }) => ({ arm, seed, status, cause })),
  );
}
