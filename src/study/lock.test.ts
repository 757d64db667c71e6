import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'lock.json');
const holdAs = (holder: object) =>
  writeFileSync(file(), JSON.stringify({ host: hostname(), born: '', since: 'yesterday', ...holder }));

describe('lockFolder', () => {
  it('is held until it is given back', async () => {
    const release = await lockFolder(join(folder, 'deep', 'study'));
    await expect(lockFolder(join(folder, 'deep', 'study'))).rejects.toThrow(
      `process ${process.pid} has been`,
    );
    await release();
    await (await lockFolder(join(folder, 'deep', 'study')))();
  });

  it('names the process that holds it', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      holdAs({ pid: child.pid });
      const error = await lockFolder(folder).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('another --out') });
      expect(error.message).toBe(`${folder}: process ${child.pid} has been working here since yesterday`);
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
    }
    // The same lock after kill -9.
    await (await lockFolder(folder))();
  });

  it('takes over from a process whose number another one has now', async () => {
    holdAs({ pid: process.ppid, born: '1' });
    const release = await lockFolder(folder);
    expect(JSON.parse(readFileSync(file(), 'utf8')).pid).toBe(process.pid);
    await release();
  });

  it('takes over a damaged file, and not the lock of another machine', async () => {
    writeFileSync(file(), '{"pid": 1');
    await (await lockFolder(folder))();
    holdAs({ pid: 1, host: 'elsewhere' });
    await expect(lockFolder(folder)).rejects.toThrow('process 1 on elsewhere has been working here');
    expect(existsSync(file())).toBe(true);
  });
});
