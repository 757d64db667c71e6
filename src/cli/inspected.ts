/** Opens what `fathom data inspect` and `stats` are given: data, or a configuration. */
import { loadConfig, parseConfig } from '../config/load.js';
import type { ResolvedConfig } from '../config/schema.js';
import type { Dataset, Splits } from '../data/dataset.js';
import { FathomError } from '../errors.js';
import { openUnsplit } from '../study/open-data.js';
import type { CliContext } from './context.js';

/** An opened data set, with the lines of a configuration that open it. */
export interface Inspected {
  readonly dataset: Dataset;
  /** The splits, or why there are none: a few samples can be looked at, and not trained on. */
  readonly splits: Splits | FathomError;
  /** The block to paste, when the path is data and no configuration. */
  readonly block?: string;
}

/** Opens a `.yaml` configuration, or data whose meaning is guessed. Throws what opening either throws. */
export async function openInspected(path: string, { env }: CliContext): Promise<Inspected> {
  if (/\.ya?ml$/i.test(path)) {
    return openWhole(await loadConfig({ file: path, env }));
  }
  const [{ proposeDataset }, { stringify }] = await Promise.all([
    import('./propose-dataset.js'),
    import('yaml'),
  ]);
  const block = stringify({ dataset: await proposeDataset(path) });
  return { ...(await openWhole(parseConfig({ text: block, file: 'proposal', env }))), block };
}

async function openWhole(config: ResolvedConfig): Promise<Inspected> {
  const { dataset, split } = await openUnsplit(config);
  try {
    return { dataset, splits: split() };
  } catch (error) {
    if (error instanceof FathomError && error.code === 'data') return { dataset, splits: error };
    await dataset.close?.();
    throw error;
  }
}

/** Throws a FathomError of code `data` when no sample could be read. */
export function assertReadable(
  path: string,
  read: number,
  broken: readonly { readonly message: string }[],
): void {
  if (read === 0)
    throw new FathomError(
      'data',
      `${path}: no sample can be read; the first: ${broken[0]?.message ?? 'there is none'}`,
      {
        hint: 'write fathom.yaml with fathom init, correct it, and inspect that',
      },
    );
}
