import { link, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, temporaryFolder } from './files.fixture.js';
import { publishInOrder, removeDrafts, startFile, writeFileWhole } from './write-file.js';

const parts = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('writeFileWhole', () => {
  it('writes text, bytes and parts, replaces what was there and leaves nothing else', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'deep', 'a.txt');
    for (const [content, text] of [
      ['a long text', 'a long text'],
      [Buffer.from('bytes'), 'bytes'],
      [parts('pa', 'rts'), 'parts'],
    ] as const) {
      await writeFileWhole(file, content);
      expect(await readFile(file, 'utf8')).toBe(text);
    }
    expect(await readdir(join(folder, 'deep'))).toEqual(['a.txt']);
  });

  it('names the file that cannot be written', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    expect((await failure(writeFileWhole(join(folder, 'file', 'a'), 'x'))).message).toMatch(
      /a: cannot be written \((ENOTDIR|EEXIST)\)/,
    );
  });
});

describe('startFile, alternate', () => {
  const alternate = { alternate: true };

  it('shows the old content until the new one is published, and uses two files in turn', async () => {
    const file = join(await temporaryFolder(), 'a');
    const places = new Set<number>();
    for (const text of ['the first', 'second', 'the third and longest', '4']) {
      const before = await readFile(file, 'utf8').catch(() => undefined);
      const draft = startFile(file, parts(text), alternate);
      expect(await readFile(file, 'utf8').catch(() => undefined)).toBe(before);
      await draft.publish();
      expect(await readFile(file, 'utf8')).toBe(text);
      places.add((await stat(file)).ino);
    }
    expect(places.size).toBe(2);
    expect((await readdir(join(file, '..'))).sort()).toEqual(['a', 'a.draft']);
    removeDrafts(file);
    expect(await readdir(join(file, '..'))).toEqual(['a']);
  });

  it('never writes into the published file, wherever a kill left the others', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'a');
    const leave = {
      'before the second name': async () => {},
      'after the second name': () => link(file, `${file}.spare`),
      'after the replacement': async () => {
        await link(file, `${file}.spare`);
        await rename(`${file}.draft`, file);
      },
    };
    for (const [moment, act] of Object.entries(leave)) {
      for (const text of ['1', '2', '3']) await startFile(file, parts(text), alternate).publish();
      await act();
      const published = await readFile(file, 'utf8');
      const draft = startFile(file, parts('whole'), alternate);
      await draft.discard();
      expect(await readFile(file, 'utf8'), moment).toBe(published);
      for (const text of ['4', '5', '6']) {
        await startFile(file, parts(text), alternate).publish();
        expect(await readFile(file, 'utf8'), moment).toBe(text);
      }
      removeDrafts(file);
      expect(await readdir(folder)).toEqual(['a']);
    }
  });
});

describe('publishInOrder', () => {
  it('publishes no file after one that cannot be written, and leaves no draft', async () => {
    const folder = await temporaryFolder();
    const file = (name: string) => join(folder, name);
    await writeFile(file('blocked'), '');
    const drafts = [
      startFile(file('first'), parts('1')),
      startFile(join(folder, 'blocked', 'second'), parts('2')),
      startFile(file('third'), parts('3')),
    ];
    const { message } = await failure(publishInOrder(drafts));
    expect(message).toContain('second: cannot be written');
    expect((await readdir(folder)).sort()).toEqual(['blocked', 'first']);
  });
});
