/** What one needs to repeat a study: its configuration, the machine, and the hashes of every run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyResults } from '../study/results.js';
import { readJson, studyFiles } from '../study/study-folder.js';
import { runFiles } from '../train/run-folder.js';
import { finishedRuns, trainedArms } from './arms.js';

/** Where a study's numbers come from. */
export interface Provenance {
  /** The command that repeats the study, run beside its `study.yaml`. */
  readonly command: string;
  /** The text of `study.yaml`: every key with its value. */
  readonly config: string;
  /** What `environment.json` says alike for every finished run: versions, machine, device, data. */
  readonly shared: readonly (readonly [name: string, value: string])[];
  /** What differs between runs, such as their identity and the hashes that pair them: a row for each, led by its folder. */
  readonly headings: readonly string[];
  readonly runs: readonly (readonly string[])[];
}

/** Nested records as one, names joined by a blank. */
function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, entry]): [string, string][] =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? flatten(entry, `${prefix}${name} `)
      : [[`${prefix}${name}`, Array.isArray(entry) ? JSON.stringify(entry) : String(entry)]],
  );
}

/**
 * Reads where the numbers of the study in `folder` come from.
 *
 * Throws a FathomError of code `data` that names the file when one is missing or unreadable.
 */
export async function readProvenance(folder: string, results: StudyResults): Promise<Provenance> {
  const runs = await Promise.all(
    trainedArms(results.arms)
      .flatMap(finishedRuns)
      .map(async (run) => ({
        folder: run.folder,
        facts: new Map(
          flatten({
            ...(await readJson<object>(runFiles(join(folder, run.folder)).environment)),
            ...run.pairing,
          }),
        ),
      })),
  );
  const names = [...new Set(runs.flatMap(({ facts }) => [...facts.keys()]))];
  const values = (name: string) => new Set(runs.map(({ facts }) => facts.get(name) ?? ''));
  // With one run nothing is known to differ between runs but what identifies it.
  const ofRuns = names.filter((name) => name === 'identity' || values(name).size > 1);
  return {
    command: 'npx fathom study study.yaml --out again',
    config: await readFile(studyFiles(folder).config, 'utf8'),
    shared: names.filter((name) => !ofRuns.includes(name)).map((name) => [name, [...values(name)][0]]),
    headings: ['run', ...ofRuns],
    runs: runs.map((run) => [run.folder, ...ofRuns.map((name) => run.facts.get(name) ?? '')]),
  };
}
