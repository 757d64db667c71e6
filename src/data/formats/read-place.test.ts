import { truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, folderOf, zipFileOf } from '../files.fixture.js';
import { directorySource } from './directory.js';
import type { FileSource } from './file-source.js';
import { readPlace } from './read-place.js';
import { zipSource } from './zip.js';

const bytes = Buffer.from('pixels '.repeat(100));

/** Both ways to read a file end in the same bytes, or in the same error. */
async function expectSame(source: FileSource, path: string) {
  const [here, there] = [source.read(path), readPlace(source.locate(path))];
  const [ofSource] = await Promise.allSettled([here, there]);
  if (ofSource.status === 'fulfilled') {
    expect(await there).toEqual({ bytes: ofSource.value, file: source.describe(path) });
    return undefined;
  }
  const { code, message, hint } = await failure(here);
  expect(await failure(there)).toMatchObject({ code, message, hint });
  return message;
}

describe('readPlace does as the source of a file does', () => {
  it('in a folder', async () => {
    const root = await folderOf({ 'image/1.png': bytes, 'image/2.png': bytes });
    const source = directorySource(root, 'rooms');
    expect(await expectSame(source, 'image/1.png')).toBeUndefined();
    unlinkSync(join(root, 'image/2.png'));
    expect(await expectSame(source, 'image/2.png')).toContain('image/2.png');
  });

  it('in an archive, stored, deflated and damaged', async () => {
    const path = await zipFileOf([
      { name: 'stored.png', bytes },
      { name: 'deflated.png', bytes, deflate: true },
      { name: 'claims.png', bytes, deflate: true, claimed: 10 },
      // Beyond what is read ahead.
      { name: 'large.png', bytes: Buffer.alloc(2 ** 18) },
      { name: 'last.png', bytes },
    ]);
    const source = await zipSource(path, 'rooms');
    expect(await expectSame(source, 'stored.png')).toBeUndefined();
    expect(await expectSame(source, 'deflated.png')).toBeUndefined();
    expect(await expectSame(source, 'claims.png')).toContain('claims.png: cannot be unpacked');
    truncateSync(path, 300);
    expect(await expectSame(source, 'last.png')).toContain('last.png: cannot be unpacked');
    await source.close();
  });
});
