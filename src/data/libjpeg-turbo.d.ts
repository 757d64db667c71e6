/** The part of the package that is used; it has no types of its own. */
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  /** What it gives may be a view of its memory, which the next call overwrites. */
  export interface JPEGDecoder {
    /** Room for so many bytes of a file, which the caller writes there. */
    getEncodedBuffer(bytes: number): Uint8Array;
    /** Decodes what was written; throws when libjpeg-turbo fails or warns. */
    decode(): void;
    /** Rows of pixels, of one channel or three. */
    getDecodedBuffer(): Uint8Array;
  }
  export default function load(): Promise<{ readonly JPEGDecoder: new () => JPEGDecoder }>;
}
