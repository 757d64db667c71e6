/** Main effects and interaction of a two-way factorial study, such as segmentation losses by depth losses. */
import { type BootstrapInterval, bootstrapInterval } from './bootstrap.js';
import { combine, type Measured } from './measure.js';

/** Shares of the variance of all runs, from 0 to 1; they add up to 1. */
export interface VarianceShares {
  readonly rows: number;
  readonly columns: number;
  readonly interaction: number;
  /** Common to all cells of a seed: what pairing takes out of every comparison. */
  readonly seeds: number;
  /** What is left: the noise of single runs. */
  readonly noise: number;
}

/** Effects of a factorial `[rows, columns]`. */
export interface Factorial {
  /** Mean of all cells. */
  readonly mean: BootstrapInterval;
  /** Row mean less {@link mean}; they add up to 0. */
  readonly rows: readonly BootstrapInterval[];
  /** Column mean less {@link mean}; they add up to 0. */
  readonly columns: readonly BootstrapInterval[];
  /** Cell less mean, row effect and column effect, `[rows][columns]`; every row and column adds up to 0. */
  readonly interaction: readonly (readonly BootstrapInterval[])[];
  readonly shares: VarianceShares;
}

/**
 * Analyses a full factorial. Throws a RangeError when the cells do not form a table of at least 2×2, or differ in seeds or
 * resamples.
 *
 * Shares of variance are those of the analysis of variance over all runs with seeds as blocks, less what noise alone
 * would put there (ω²: sum of squares − degrees of freedom × noise mean square, at least 0), because with few seeds the
 * many degrees of freedom of an interaction collect much noise. With one seed noise cannot be told from interaction, and
 * counts as it.
 *
 * Source: Fisher 1935; Hays 1963 (ω²).
 *
 * @param cells `[rows][columns]`, measured with the same seeds and resamples.
 * @example factorial(cells).rows[0] // effect of the first segmentation loss with its interval
 */
export function factorial(cells: readonly (readonly Measured[])[], level = 0.95): Factorial {
  const height = cells.length;
  const width = cells[0]?.length ?? 0;
  if (height < 2 || width < 2 || cells.some((row) => row.length !== width))
    throw new RangeError(
      `factorial: expected a table of at least 2×2 cells, got rows of ${cells.map((row) => row.length).join(', ')}`,
    );
  const arms = cells.flat();
  /** The combination of cells by a factor for each row and column. */
  const effect = (factor: (row: number, column: number) => number) =>
    bootstrapInterval(
      combine(
        arms,
        arms.map((_, k) => factor(Math.floor(k / width), k % width)),
      ),
      level,
    );
  const here = (a: number, b: number) => (a === b ? 1 : 0);
  const rowFactor = (i: number, row: number) => here(i, row) - 1 / height;
  const columnFactor = (j: number, column: number) => here(j, column) - 1 / width;
  return {
    mean: effect(() => 1 / arms.length),
    rows: cells.map((_, i) => effect((row) => rowFactor(i, row) / width)),
    columns: cells[0].map((_, j) => effect((_row, column) => columnFactor(j, column) / height)),
    interaction: cells.map((line, i) =>
      line.map((_, j) => effect((row, column) => rowFactor(i, row) * columnFactor(j, column))),
    ),
    shares: varianceShares(cells),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const squaresAbout = (values: readonly number[], centre: number): number =>
  values.reduce((sum, value) => sum + (value - centre) ** 2, 0);

function varianceShares(cells: readonly (readonly Measured[])[]): VarianceShares {
  const arms = cells.flat();
  const [height, width, seeds] = [cells.length, cells[0].length, arms[0].seeds];
  const grand = mean(arms.map((arm) => arm.estimate));
  const rowMeans = cells.map((row) => mean(row.map((arm) => arm.estimate)));
  const columnMeans = cells[0].map((_, j) => mean(cells.map((row) => row[j].estimate)));
  const seedMeans = Array.from(arms[0].perSeed, (_, s) => mean(arms.map((arm) => arm.perSeed[s])));
  const rows = width * seeds * squaresAbout(rowMeans, grand);
  const columns = height * seeds * squaresAbout(columnMeans, grand);
  const between =
    seeds *
    squaresAbout(
      arms.map((arm) => arm.estimate),
      grand,
    );
  const interaction = Math.max(0, between - rows - columns);
  const blocks = arms.length * squaresAbout(seedMeans, grand);
  const total = squaresAbout(
    arms.flatMap((arm) => Array.from(arm.perSeed)),
    grand,
  );
  if (!(total > 0)) return { rows: 0, columns: 0, interaction: 0, seeds: 0, noise: 1 };
  const noise = Math.max(0, total - between - blocks) / Math.max(1, (arms.length - 1) * (seeds - 1));
  const share = (squares: number, degrees: number) => Math.max(0, squares - degrees * noise) / total;
  const shares = {
    rows: share(rows, height - 1),
    columns: share(columns, width - 1),
    interaction: share(interaction, (height - 1) * (width - 1)),
    seeds: share(blocks, seeds - 1),
  };
  return { ...shares, noise: 1 - shares.rows - shares.columns - shares.interaction - shares.seeds };
}
