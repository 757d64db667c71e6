/**
 * Decodes small JPEGs by libjpeg-turbo in WebAssembly. libvips decodes them by the same library to the same bytes, and takes more than
 * twice as long: it hands over every row from one thread to another.
 */
import { createRequire } from 'node:module';
import type { JPEGDecoder } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';

// An import would first search its text for what it exports, which takes longer than to run it.
const loadCodec: typeof import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs').default =
  createRequire(import.meta.url)('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs');

let loading: Promise<JPEGDecoder> | undefined;

/**
 * The pixels of a JPEG of three channels, row by row, the channels of a pixel side by side, handed to `use`: they are valid while it runs.
 * Undefined when libjpeg-turbo has any complaint about the file.
 */
export async function decodeSmallJpeg<T>(
  bytes: Buffer,
  use: (pixels: Uint8Array) => T,
): Promise<T | undefined> {
  loading ??= loadCodec().then(({ JPEGDecoder }) => new JPEGDecoder());
  const decoder = await loading;
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
  } catch {
    return undefined;
  }
  return use(decoder.getDecodedBuffer());
}
