/** Where composites go: files of a folder, or one stored zip archive for each kind. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openZipWriter } from '../formats/zip-writer.js';
import { writeFileWhole } from '../write-file.js';

/** Takes the files of one kind in a fixed order, `position` 0 on, and remembers which ones are there already. */
export interface Sink {
  /** Whether the file at `position` was written by an earlier run. */
  has(position: number, path: string): boolean;
  /** Writes a file. Every position is written once, unless the sink has it; several may be under way at once. */
  write(position: number, path: string, bytes: Uint8Array): Promise<void>;
  /** Ends the writing: everything is there. */
  finish(): Promise<void>;
  /** Leaves what is there for the next run. */
  close(): Promise<void>;
}

/** Opens `<root>/<kind>` as a folder, or `<root>/<kind>.zip`. Paths begin with `<kind>/`. */
export function openSink(root: string, kind: string, zip: boolean): Promise<Sink> {
  return zip ? zipSink(join(root, `${kind}.zip`)) : folderSink(root, kind);
}

async function folderSink(root: string, kind: string): Promise<Sink> {
  const there = new Set<string>();
  const entries = await readdir(join(root, kind), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    // What a kill left half-written.
    if (entry.name.endsWith('.tmp')) await rm(path, { force: true });
    else if (entry.isFile()) there.add(path);
  }
  return {
    has: (_, path) => there.has(join(root, path)),
    write: (_, path, bytes) => writeFileWhole(join(root, path), bytes),
    async finish() {},
    async close() {},
  };
}

async function zipSink(path: string): Promise<Sink> {
  const writer = await openZipWriter(path);
  const before = writer.length;
  /** Entries whose turn has not come, with what to do when they are on disk. */
  const waiting = new Map<
    number,
    { name: string; bytes: Uint8Array; resolve(): void; reject(cause: unknown): void }
  >();
  let next = before;
  let writing = false;
  let flushed = Promise.resolve();

  const flush = async () => {
    writing = true;
    while (waiting.has(next)) {
      const ready = [];
      for (let entry = waiting.get(next); entry; entry = waiting.get(next)) {
        waiting.delete(next++);
        ready.push(entry);
      }
      try {
        await writer.append(ready);
        for (const { resolve } of ready) resolve();
      } catch (cause) {
        for (const { reject } of ready) reject(cause);
      }
    }
    writing = false;
  };

  return {
    has: (position) => position < before,
    write: (position, name, bytes) =>
      new Promise((resolve, reject) => {
        waiting.set(position, { name, bytes, resolve, reject });
        if (!writing) flushed = flush();
      }),
    finish: () => writer.finish(),
    async close() {
      // The turn of those that wait never comes now.
      for (const { reject } of waiting.values()) reject(new Error('the archive is closed'));
      waiting.clear();
      await flushed;
      await writer.close();
    },
  };
}
