/** Statistics of a study: intervals, comparisons, ranks, effects and noise, as pure functions on numbers. */
export { type BootstrapInterval, bootstrapInterval, type Interval, pValue } from './bootstrap.js';
export { normalQuantile, normalTail, studentQuantile, studentTail } from './distributions.js';
export { type Factorial, factorial, type VarianceShares } from './factorial.js';
export { holm } from './holm.js';
export {
  type Columns,
  combine,
  drawResamples,
  type Measured,
  measure,
  measureMean,
  type ResampleOptions,
  type Resamples,
  type Statistic,
} from './measure.js';
export { type Duplicate, type NoiseFloor, noiseFloor, type Separation, separation } from './noise.js';
export { type ComparisonOptions, comparePaired, type Direction, type PairedComparison } from './paired.js';
export { type RankInterval, type Ranking, type RankOptions, rankArms } from './ranks.js';
export { type WilcoxonResult, wilcoxon } from './wilcoxon.js';
