#!/usr/bin/env node
/** Starts the command line; in a source checkout it first compiles `src/` into `dist/` when that is out of date. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const entry = join(dist, 'cli', 'main.js');

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestSource() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts') && !file.name.endsWith('.test.ts'))
    .map((file) => join(file.parentPath, file.name));
  return Math.max(modified(join(root, 'tsconfig.build.json')), ...files.map(modified));
}

const isCurrent = () => modified(entry) >= newestSource();

function fail(message, hint) {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(1);
}

/** Compiles into a folder of its own and swaps it in, so that launches at the same time never see half a build. */
function build() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) fail('the TypeScript compiler is not installed', `run: npm ci (in ${root})`);
  process.stderr.write('building Fathom (once)…\n');
  const started = new Date();
  const scratch = join(root, '.fathom', `build-${process.pid}`);
  const fresh = join(scratch, 'new');
  mkdirSync(scratch, { recursive: true });
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh],
      { cwd: root, encoding: 'utf8' },
    );
    if (status !== 0) {
      process.stderr.write(stdout + stderr);
      return false;
    }
    // Its age is that of the sources it was made from: a file saved during the build makes it out of date.
    utimesSync(join(fresh, 'cli', 'main.js'), started, started);
    if (isCurrent()) return true;
    if (existsSync(dist)) renameSync(dist, join(scratch, 'old'));
    renameSync(fresh, dist);
    return true;
  } catch (error) {
    // Another launch swapped its build in between.
    if (isCurrent()) return true;
    throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Fathom needs Node.js 20.19 or newer, this is ${process.versions.node}`, 'see https://nodejs.org');
if (existsSync(join(root, 'src')) && !isCurrent() && !build())
  fail('the build failed, see above', 'mend src/, or run: git status');

// V8 forgets the code of what has not run for a while, and a study comes back to most of its own after minutes of training.
setFlagsFromString('--no-flush-bytecode');

const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
