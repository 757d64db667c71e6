import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { FathomError } from '../errors.js';
import type { Register } from './context.js';
import { main, run } from './main.js';

/** A command that fails in every way a command can. */
const fragile: Register = (program, { signal, stdout }) => {
  program
    .command('fragile')
    .argument('<how>')
    .action(async (how: string) => {
      if (how === 'data') throw new FathomError('data', 'a.png: no such file', { hint: 'add it' });
      if (how === 'device') throw new FathomError('device', "device 'cuda': not here");
      if (how === 'arms') throw new FathomError('failed-arms', '2 of 10 pairs failed');
      if (how === 'bug') throw new TypeError('x is not a function', { cause: new Error('below') });
      if (how === 'stopped') throw signal.reason;
      stdout.write('done\n');
    });
};

async function launch(args: string[], controller = new AbortController()) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(
    args,
    {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      env: {},
      signal: controller.signal,
    },
    [fragile],
  );
  return { code, out: out.join(''), err: err.join('') };
}

describe('run', () => {
  it('prints the version and the help', async () => {
    expect(await launch(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const help = await launch(['--help']);
    expect(help.out).toContain('Usage: fathom [options] [command]');
    expect(help.out).toContain('$ fathom study');
    expect(await launch([])).toEqual(help);
    expect(await launch(['help'])).toEqual(help);
    expect((await launch(['fragile', '--help'])).out).toContain('Usage: fathom fragile');
  });

  it.each([
    [['ok'], 0, ''],
    [['data'], 3, 'error: a.png: no such file\nhint: add it\n'],
    [['device'], 5, "error: device 'cuda': not here\n"],
    [['arms'], 4, 'error: 2 of 10 pairs failed\n'],
    [
      ['bug'],
      1,
      'error: internal: x is not a function\nhint: this is a fault of Fathom; --debug shows where\n',
    ],
    [[], 2, "error: missing required argument 'how'\nhint: see fathom --help, or fathom <command> --help\n"],
  ])('fragile %j exits with %i', async (args, code, err) => {
    expect(await launch(['fragile', ...args])).toMatchObject({ code, err });
  });

  it.each([
    [['fragil'], "error: unknown command 'fragil'\nhint: did you mean fragile?\n"],
    [['zzz'], "error: unknown command 'zzz'\nhint: see fathom --help, or fathom <command> --help\n"],
    [['fragile', '--debgu'], "error: unknown option '--debgu'\nhint: did you mean --debug?\n"],
  ])('%j is a mistake in the use', async (args, err) => {
    expect(await launch(args)).toEqual({ code: 2, out: '', err });
  });

  it('shows stack and cause with --debug only', async () => {
    const { code, err } = await launch(['fragile', 'bug', '--debug']);
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: x is not a function\n +at .*main\.test/);
    expect(err).toContain('caused by Error: below');
    expect((await launch(['--debug', 'fragile', 'bug'])).err).toContain('caused by');
    expect((await launch(['fragile', 'bug'])).err).not.toContain(' at ');
  });

  it('exits with 130 when it was interrupted, without an error', async () => {
    const controller = new AbortController();
    controller.abort(new FathomError('interrupted', 'interrupted'));
    expect(await launch(['fragile', 'stopped'], controller)).toEqual({ code: 130, out: '', err: '' });
    expect(await launch(['fragile', 'ok'], controller)).toMatchObject({ code: 130, out: 'done\n' });
  });
});

describe('main', () => {
  it('lets a command save its work on the first Ctrl-C, then exits with 130', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const saved = vi.fn();
    const wait: Register = (program, { signal }) => {
      program.command('wait').action(async () => {
        setImmediate(() => process.emit('SIGINT'));
        await once(signal, 'abort');
        await Promise.resolve().then(saved);
        throw signal.reason;
      });
    };
    const before = process.listenerCount('SIGINT');
    expect(await main(['wait'], [wait])).toBe(130);
    expect(saved).toHaveBeenCalledOnce();
    expect(stderr.mock.calls).toEqual([['\nstopping… (Ctrl-C again to stop at once)\n']]);
    expect(process.listenerCount('SIGINT')).toBe(before);
    stderr.mockRestore();
  });
});
