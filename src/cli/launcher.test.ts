/** The launcher `bin/fathom.js`, run as a process in a small project of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { beforeEach, describe, expect, it } from 'vitest';

const building = 'building Fathom (once)…\n';
const program = (text: string) => `declare const console: { log(...values: string[]): void };
export const main = async (args: string[]): Promise<number> => { console.log('${text}', ...args); return 7; };
`;

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-launcher-'));
  await mkdir(join(root, 'src', 'cli'), { recursive: true });
  await cp('bin', join(root, 'bin'), { recursive: true });
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(root, 'tsconfig.build.json'),
    JSON.stringify({
      // The types of DOM and Node.js would only slow the compiler down.
      compilerOptions: { rootDir: 'src', module: 'NodeNext', target: 'ES2022', lib: ['ES2022'], types: [] },
      include: ['src'],
    }),
  );
  await writeFile(join(root, 'src', 'cli', 'main.ts'), program('first'));
});

function launch(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'bin', 'fathom.js'), ...args], {
    cwd: tmpdir(),
  });
  const result = { code: -1, out: '', err: '' };
  child.stdout!.on('data', (data) => (result.out += data));
  child.stderr!.on('data', (data) => (result.err += data));
  return new Promise<typeof result>((done) =>
    child.on('close', (code) => done({ ...result, code: code ?? -1 })),
  );
}

const inFuture = async (file: string) => {
  const later = new Date(Date.now() + 60_000);
  await utimes(file, later, later);
};

describe('the launcher', () => {
  it('builds when needed, and only then', async () => {
    expect(await launch('a', '--b')).toEqual({ code: 7, out: 'first a --b\n', err: building });
    const started = performance.now();
    expect(await launch()).toEqual({ code: 7, out: 'first\n', err: '' });
    // Far less than a build, with room for a busy machine; `node` itself is part of it.
    expect(performance.now() - started).toBeLessThan(1000);
    await writeFile(join(root, 'src', 'cli', 'main.test.ts'), 'not even TypeScript');
    await inFuture(join(root, 'src', 'cli', 'main.test.ts'));
    expect((await launch()).err).toBe('');
    await rm(join(root, 'src', 'cli', 'main.test.ts'));
    await writeFile(join(root, 'src', 'cli', 'main.ts'), program('second'));
    await inFuture(join(root, 'src', 'cli', 'main.ts'));
    expect(await launch()).toMatchObject({ out: 'second\n', err: building });
    // As in an installed package, which has no sources.
    await rm(join(root, 'src'), { recursive: true });
    expect(await launch()).toEqual({ code: 7, out: 'second\n', err: '' });
  });

  it('prints what the compiler says when the build fails, and keeps nothing of it', async () => {
    await writeFile(join(root, 'src', 'cli', 'main.ts'), 'const n: number = "text";\n');
    const { code, out, err } = await launch();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(
      "src/cli/main.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    );
    expect(err).toMatch(/error: the build failed, see above\nhint: .*\n$/);
    expect(await readdir(root)).not.toContain('dist');
    expect(await readdir(join(root, '.fathom'))).toEqual([]);
  });

  it('may be started twice at once', async () => {
    const both = await Promise.all([launch('x'), launch('y')]);
    expect(both.map(({ code, out }) => ({ code, out }))).toEqual([
      { code: 7, out: 'first x\n' },
      { code: 7, out: 'first y\n' },
    ]);
    expect(await readdir(join(root, '.fathom'))).toEqual([]);
  });
});
