/** Why a study does not continue in a folder: what has changed since its runs were made. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { FathomError } from '../errors.js';
import { type RunState, runFiles } from '../train/run-folder.js';

/** Keys that decide no number of a run. */
const free = /^(name|threads|figures|models|losses|study\.(segmentation|depth|cosine|duplicate|seeds))\b/;

/** Every value of a tree by its path, `train.epochs`; lists are values. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** Keys that two configurations set differently, each in words: `train.epochs was 3, is 5`. */
export function changedKeys(before: string, after: string): string[] {
  const [old, current] = [before, after].map((text) => new Map(leaves(parse(text))));
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((key) => !free.test(key) && old.get(key) !== current.get(key))
    .map((key) => `${key} was ${old.get(key) ?? 'not set'}, is ${current.get(key) ?? 'not set'}`);
}

/** What a run would now be made from. */
export interface CurrentRun {
  readonly configText: string;
  readonly sources: Readonly<Record<string, string>>;
}

/** The FathomError of code `usage` that says what has changed since the run in `folder` was made. */
export async function changedRun(
  folder: string,
  { sources: before = {} }: RunState,
  { configText, sources }: CurrentRun,
): Promise<FathomError> {
  const old = await readFile(runFiles(folder).config, 'utf8').catch(() => configText);
  const changes = changedKeys(old, configText);
  for (const [name, hash] of Object.entries(sources))
    if (before[name] !== undefined && before[name] !== hash) changes.push(`${name} has changed`);
  const what = changes.length > 0 ? changes.join('; ') : 'made by another version of Fathom';
  return new FathomError('usage', `${folder}: holds a run of another configuration: ${what}`, {
    hint: 'give another --out, or delete the folder to train it anew',
  });
}
