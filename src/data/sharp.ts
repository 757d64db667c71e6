/**
 * sharp, set up for many small pictures. Its settings hold for the whole process.
 *
 * A thread for each picture, since pictures are read side by side in any case; and no cache of decoded pictures, which never
 * has the one that comes next.
 */
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

export default sharp;
export type { Sharp } from 'sharp';
