/** Programs that run the compiled package: threads load no TypeScript. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A module of the compiled package, as a program imports it. */
export const compiledModule = (file: string): string => JSON.stringify(join(root, 'dist', file));

/** Compiles what is out of date, as the launcher does. */
export function compilePackage(): void {
  spawnSync(process.execPath, [join(root, 'bin/fathom.js'), '--version']);
}

/** The JSON that a module given as text prints; it must print nothing else, and succeed. */
export function runProgram<T>(program: string, ...args: string[]): T {
  const child = spawnSync(process.execPath, ['--input-type=module', '-', ...args], {
    input: program,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  return JSON.parse(child.stdout);
}
