/** The program of a thread that decodes samples. */

import { parentPort } from 'node:worker_threads';
import { FathomError } from '../../errors.js';
import type { Encoded } from '../decode.js';
import type { DecodeReply, DecodeRequest } from './decoder-messages.js';
import { type DecodeSample, type SampleBytes, sampleDecoder } from './sample-decoder.js';

const decoders = new Map<number, DecodeSample>();

async function replyTo({ id, decoder, options, files }: DecodeRequest): Promise<DecodeReply> {
  if (options) decoders.set(decoder, sampleDecoder(options));
  try {
    return { id, planes: await decoders.get(decoder)!(received(files)) };
  } catch (error) {
    if (!(error instanceof FathomError)) return { id, error };
    const { code, message, hint } = error;
    return { id, refused: { code, message, hint } };
  }
}

/** Buffers arrive as plain bytes. */
function received({ image, mask, depth, background }: SampleBytes): SampleBytes {
  const own = ({ bytes, file }: Encoded) => ({
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    file,
  });
  return {
    image: own(image),
    mask: own(mask),
    depth: own(depth),
    background: background && own(background),
  };
}

/** The memory of a reply's planes, which is handed over and not copied. */
function memoryOf(reply: DecodeReply): ArrayBuffer[] {
  const planes = 'planes' in reply ? Object.values(reply.planes) : [];
  return planes.flatMap((plane) => (plane ? [plane.buffer as ArrayBuffer] : []));
}

const send = (reply: DecodeReply) => parentPort?.postMessage(reply, memoryOf(reply));

parentPort?.on('message', async (request: DecodeRequest) => send(await replyTo(request)));
send({ ready: true });
