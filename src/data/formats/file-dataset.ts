/** Matched files of images, masks, depth maps and backgrounds as a data set. */

import { createHash } from 'node:crypto';
import type { Dataset } from '../dataset.js';
import { type Encoded, readHeader } from '../decode.js';
import { pooledDecoder } from './decoder-pool.js';
import type { FileSource } from './file-source.js';
import type { SampleFiles } from './match.js';
import { eachFile, type FileOptions, readEach } from './sample-decoder.js';

/** Changes when the decoding of the same files gives other bytes, so that caches of the old ones are not used. */
const decodingVersion = 4;

/**
 * A data set over the files of `source`, which it closes. `scenes` are those of the samples; `options` are all that
 * decide the bytes, and end in the fingerprint.
 */
export function fileDataset(
  source: FileSource,
  samples: readonly SampleFiles[],
  scenes: readonly string[],
  options: FileOptions,
): Dataset {
  const decode = pooledDecoder(options);
  const open = async (path: string): Promise<Encoded> => ({
    bytes: await source.read(path),
    file: source.describe(path),
  });
  const read = async (index: number) => {
    const { id, ...paths } = samples[index];
    const planes = await decode({
      places: eachFile(paths, source.locate),
      read: () => readEach(paths, open),
    });
    return { id, scene: scenes[index], ...planes };
  };
  const { size, depth } = options;
  return {
    name: source.name,
    length: samples.length,
    height: size[0],
    width: size[1],
    hasBackground: samples[0]?.background !== undefined,
    maxDepth: depth.maxDepth,
    depthUnit: depth.unit ?? 'm',
    fingerprint: fingerprint(source, samples, options),
    scene: (index) => scenes[index],
    read,
    sourceSize: async (index) => readHeader(await open(samples[index].image)),
    close: () => source.close(),
  };
}

/** A hash of everything that decides the samples: names, sizes and times of the files, and the options. */
function fingerprint(source: FileSource, samples: readonly SampleFiles[], options: FileOptions): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ decodingVersion, options }));
  for (const { image, mask, depth, background } of samples)
    for (const path of [image, mask, depth, background])
      if (path !== undefined) hash.update(`${path}\t${source.stamp(path)}\n`);
  return hash.digest('hex').slice(0, 32);
}
