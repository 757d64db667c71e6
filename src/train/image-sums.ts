/** `test.ndjson`: the sums of every test image, one line each, from which every test metric can be derived again. */
import { readFile } from 'node:fs/promises';
import { FathomError, unreadable } from '../errors.js';
import type { SumName } from '../metrics/sums.js';
import type { Measurement } from './evaluation.js';
import { writeFileWhole } from './write-file.js';

/** Writes the sums of measured images. */
export async function writeImageSums(file: string, { ids, names, rows }: Measurement): Promise<void> {
  const keys = names.map((name) => `,${JSON.stringify(name)}:`);
  const number = (value: number) => (Number.isFinite(value) ? String(value) : 'null');
  const lines = rows.map(
    (row, i) => `{"id":${JSON.stringify(ids[i])}${keys.map((key, k) => key + number(row[k])).join('')}}\n`,
  );
  await writeFileWhole(file, lines.join(''));
}

/**
 * Reads what {@link writeImageSums} wrote; undefined when there is no file. Columns are those of the first line.
 *
 * Throws a FathomError of code `data` that names the file and the line when one is not the sums of an image.
 */
export async function readImageSums(file: string): Promise<Measurement | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
  const ids: string[] = [];
  const rows: Float64Array[] = [];
  let names: SumName[] = [];
  for (const [i, line] of text.trimEnd().split('\n').entries()) {
    const sums = parseLine(line);
    if (i === 0 && sums) names = Object.keys(sums).filter((name): name is SumName => name !== 'id');
    const row = Float64Array.from(names, (name) => Number(sums?.[name] ?? Number.NaN));
    if (typeof sums?.id !== 'string' || row.length === 0 || row.some(Number.isNaN))
      throw new FathomError('data', `${file}:${i + 1}: expected the sums of an image`, {
        hint: 'delete the run folder to train it again',
      });
    ids.push(sums.id);
    rows.push(row);
  }
  return { ids, names, rows };
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
