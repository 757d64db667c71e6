/** Reads a file for yauzl in large blocks, since a central directory is a long run of small fields. */

import type { FileHandle } from 'node:fs/promises';
import yauzl from 'yauzl';

const blockBytes = 2 ** 20;

/** A yauzl reader over `file`, which it leaves open. Made for reading forwards. */
export class BlockReader extends yauzl.RandomAccessReader {
  readonly #file: FileHandle;
  #block = Buffer.alloc(0);
  #start = 0;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const from = position - this.#start;
    if (from >= 0 && from + length <= this.#block.length) {
      this.#block.copy(buffer, offset, from, from + length);
      callback(null);
    } else {
      this.#load(length, position).then(
        () => this.read(buffer, offset, length, position, callback),
        callback,
      );
    }
  }

  async #load(length: number, position: number): Promise<void> {
    const block = Buffer.allocUnsafe(Math.max(blockBytes, length));
    const { bytesRead } = await this.#file.read(block, 0, block.length, position);
    if (bytesRead < length) throw new Error('unexpected end of file');
    this.#block = block.subarray(0, bytesRead);
    this.#start = position;
  }
}
