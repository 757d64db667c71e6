/** The program of a thread that reads and decodes samples. */

import { parentPort } from 'node:worker_threads';
import { sendError } from '../../errors.js';
import { limiter } from '../limiter.js';
import type { DecodeReply, DecodeRequest } from './decoder-messages.js';
import { readPlace } from './read-place.js';
import { type DecodeSample, readEach, sampleDecoder } from './sample-decoder.js';

/** Samples under way: sharp decodes large pictures on libuv's threads, and the next ones are read meanwhile. */
const concurrency = 3;

const decoders = new Map<number, DecodeSample>();

async function replyTo({ id, decoder, places }: DecodeRequest): Promise<DecodeReply> {
  try {
    return { id, planes: await decoders.get(decoder)!(await readEach(places, readPlace)) };
  } catch (error) {
    return { id, ...sendError(error) };
  }
}

/** The memory of a reply's planes, which is handed over and not copied. */
function memoryOf(reply: DecodeReply): ArrayBuffer[] {
  const planes = 'planes' in reply ? Object.values(reply.planes) : [];
  return planes.flatMap((plane) => (plane ? [plane.buffer as ArrayBuffer] : []));
}

const send = (reply: DecodeReply) => parentPort?.postMessage(reply, memoryOf(reply));

const limit = limiter(concurrency);

parentPort?.on('message', async (request: DecodeRequest) => {
  const { decoder, options } = request;
  if (options) decoders.set(decoder, sampleDecoder(options));
  send(await limit(() => replyTo(request)));
});
send({ ready: true });
