/** The program of a thread that reads and decodes samples. */

import { answerRequests } from '../../thread.js';
import { limiter } from '../limiter.js';
import type { DecodeRequest } from './decoder-thread.js';
import { readPlace } from './read-place.js';
import { type DecodeSample, readEach, type SamplePlanes, sampleDecoder } from './sample-decoder.js';

/** Samples under way: sharp decodes large pictures on libuv's threads, and the next ones are read meanwhile. */
const concurrency = 3;

const decoders = new Map<number, DecodeSample>();
const limit = limiter(concurrency);

function decode({ decoder, options, places }: DecodeRequest): Promise<SamplePlanes> {
  if (options) decoders.set(decoder, sampleDecoder(options));
  return limit(async () => decoders.get(decoder)!(await readEach(places, readPlace)));
}

const memoryOf = (planes: SamplePlanes): ArrayBuffer[] =>
  Object.values(planes).flatMap((plane) => (plane ? [plane.buffer as ArrayBuffer] : []));

answerRequests(decode, memoryOf);
