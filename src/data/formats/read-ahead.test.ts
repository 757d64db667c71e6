import { expect, it } from 'vitest';
import { readAhead } from './read-ahead.js';

const file = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));

/** A reader of `file` that notes what it is asked for. */
function reader() {
  const asked: [length: number, position: number][] = [];
  const read = readAhead(async (length, position) => {
    asked.push([length, position]);
    return file.subarray(position, position + length);
  });
  return { asked, read };
}

it('gives the bytes that were asked for, to the end of the file', async () => {
  const { read } = reader();
  for (const [length, position] of [
    [100, 0],
    [100, 131_000],
    [100, 131_050],
    [5000, 500_000],
    [400_000, 300_000],
    [100, 999_950],
    [100, 999_990],
    [100, 2_000_000],
    [0, 40],
  ])
    expect(await read(length, position)).toEqual(file.subarray(position, position + length));
});

it('reads what lies side by side once, in several places at a time', async () => {
  const { asked, read } = reader();
  const places = [0, 300_000, 600_000];
  for (let i = 0; i < 20; i++) await Promise.all(places.map((place) => read(5000, place + i * 5000)));
  expect(asked).toHaveLength(3);
});

it('keeps few blocks, and reads more than one by itself', async () => {
  const { asked, read } = reader();
  await read(10, 0);
  for (let place = 200_000; place < 900_000; place += 140_000) await read(10, place);
  await read(10, 0);
  expect(asked).toHaveLength(7);
  await read(500_000, 0);
  expect(asked.at(-1)).toEqual([500_000, 0]);
});

it('tries again after a failure', async () => {
  let failures = 1;
  const read = readAhead(async (length, position) => {
    if (failures-- > 0) throw new Error('EIO');
    return file.subarray(position, position + length);
  });
  await expect(Promise.all([read(10, 0), read(10, 5)])).rejects.toThrow('EIO');
  expect(await read(10, 0)).toEqual(file.subarray(0, 10));
});
