/** Reads an archive in blocks: its files are small, lie one after the other, and are mostly read in that order. */
import type { ReadBytes } from './zip-member.js';

/** Some pictures of the size that networks are trained on. */
const blockBytes = 2 ** 17;

/** Blocks that are kept: images, masks, depth maps and backgrounds lie in different parts of an archive. */
const keptBlocks = 4;

/**
 * Reads as `read` does, and more than was asked for, so that what follows is at hand. What it gives is part of a block, which must not be
 * written to. More than a block is read by itself.
 */
export function readAhead(read: ReadBytes): ReadBytes {
  /** By their place, the one that was needed last at the end. */
  const blocks = new Map<number, Promise<Buffer>>();

  const blockAt = (length: number, position: number): number => {
    for (const start of blocks.keys())
      if (position >= start && position + length <= start + blockBytes) return start;
    return position;
  };

  return async (length, position) => {
    if (length > blockBytes) return read(length, position);
    const start = blockAt(length, position);
    const block = blocks.get(start) ?? read(blockBytes, start);
    blocks.delete(start);
    blocks.set(start, block);
    const [oldest] = blocks.keys();
    if (blocks.size > keptBlocks) blocks.delete(oldest);
    try {
      return (await block).subarray(position - start, position - start + length);
    } catch (error) {
      // The next one tries again.
      if (blocks.get(start) === block) blocks.delete(start);
      throw error;
    }
  };
}
