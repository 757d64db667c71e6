/** What a JPEG says in its header. Source: ITU-T T.81, annex B. */

/** The fields of a JPEG's frame header. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Whether it holds an ICC profile, so that its colours may not be sRGB. */
  readonly profile: boolean;
}

/** Markers of frame headers, SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const isProfile = (bytes: Buffer, at: number) =>
  bytes[at + 1] === 0xe2 && bytes.toString('latin1', at + 4, at + 15) === 'ICC_PROFILE';

/**
 * The header of a JPEG of 8 bits, read without decoding; undefined for any other bytes, and for a file whose segments are not what
 * they should be.
 */
export function jpegHeader(bytes: Buffer): JpegHeader | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let profile = false;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (isFrame(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      const usual = bytes[at + 4] === 8 && height > 0 && width > 0;
      return usual ? { width, height, channels: bytes[at + 9], profile } : undefined;
    }
    profile ||= isProfile(bytes, at);
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
