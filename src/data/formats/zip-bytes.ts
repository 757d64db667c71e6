/** A small zip archive that is in memory, such as a NumPy `.npz`. */

import yauzl from 'yauzl';
import { archiveRefused, type Member, memberDamaged, memberOf, readMember } from './zip-member.js';

/**
 * The files of an archive by name, each read when it is called for.
 * Throws a FathomError of code `data` for what is no archive, and for what {@link memberOf} refuses.
 */
export async function filesOfZip(bytes: Buffer, file: string): Promise<Map<string, () => Promise<Buffer>>> {
  const members: [string, Member][] = [];
  try {
    const archive = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
    for await (const entry of archive.eachEntry()) members.push([entry.fileName, memberOf(entry, file)]);
  } catch (cause) {
    throw archiveRefused(file, cause);
  }
  const read = async (length: number, position: number) => bytes.subarray(position, position + length);
  return new Map(
    members.map(([name, member]) => [
      name,
      () =>
        readMember(read, member).catch((cause) => {
          throw memberDamaged(`${file}: ${name}`, cause);
        }),
    ]),
  );
}
