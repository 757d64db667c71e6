/** What not to conclude from a study, as far as it applies. */
import { type Expression, parseExpression } from '../losses/expression.js';
import type { RunResult, StudyResults } from '../study/results.js';
import { finishedRuns, primaryMetrics, seedsForAClaim, trainedArms } from './arms.js';
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

/** Whether any order is open: it always is with one seed. */
function hasTies({ comparison }: StudyResults): boolean {
  if (!comparison || comparison.seeds < 2) return true;
  return primaryMetrics.some((name) => (comparison.metrics[name]?.tied.length ?? 0) > 1);
}

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
    ...(hasTies(results)
      ? [
          'That the highest number wins. Arms that are tied may change places with other seeds or other images.',
          'That tied arms are equal. The study was too small to tell them apart; a larger one might.',
        ]
      : []),
    failing.length > 0 &&
      `Anything of ${list(
        failing.map((arm) => armLabel(arm, results)),
        4,
      )}: a run of it failed, and its other seeds alone would flatter it.`,
    blind.length > 0 &&
      `That ${list(blind, 4)} ${blind.length === 1 ? 'is' : 'are'} bad at shape because of the RMSE: such a loss does not see a constant added to the depth. Read the aligned RMSE instead.`,
    protocol === 'as-is' &&
      new Set(trained.map(({ segmentation, depth }) => `${segmentation} · ${depth}`)).size > 1 &&
      'That a loss is better by its shape alone. Losses were used as written, so their sizes also set the balance of the tasks and the learning rate.',
    atTheEnd >= 0.5 &&
      `That longer training would end the same: ${Math.round(100 * atTheEnd)} % of the runs were at their best in the last epoch, so the study tells what learns fast.`,
    `That it holds elsewhere: other images than ${dataset.name}, other networks and sizes were not tried.`,
  ].filter((line) => line !== false);
}

/** Runs that did not end well, in words, with what became of them. */
export interface Failure {
  /** `dice · rmse, seeds 3 and 4`, or `12 runs of 4 arms`. */
  readonly runs: string;
  readonly status: RunResult['status'];
  readonly cause: string;
}

/**
 * The runs that failed or collapsed, each arm and cause in one line; those that did not finish are one line together, for a
 * study that was stopped has many of them.
 */
export function failures(results: StudyResults): Failure[] {
  const trained = trainedArms(results.arms);
  const unfinished = trained
    .map((arm) => arm.runs.filter((run) => run.status === 'interrupted'))
    .filter((runs) => runs.length > 0);
  const broken = trained.flatMap((arm) => {
    const runs = arm.runs.filter(({ status }) => status === 'failed' || status === 'collapsed');
    const alike = new Map<string, RunResult[]>();
    for (const run of runs) {
      const key = `${run.status} ${run.cause}`;
      alike.set(key, [...(alike.get(key) ?? []), run]);
    }
    return [...alike.values()].map((group) => ({
      runs: `${armLabel(arm, results)}, ${group.length > 1 ? 'seeds' : 'seed'} ${list(
        group.map(({ seed }) => `${seed}`),
        10,
      )}`,
      status: group[0].status,
      cause: group[0].cause ?? '',
    }));
  });
  if (unfinished.length === 0) return broken;
  const runs = `${count(unfinished.flat().length, 'run')} of ${count(unfinished.length, 'arm')}`;
  return [...broken, { runs, status: 'interrupted', cause: 'not finished; the same command goes on' }];
}
