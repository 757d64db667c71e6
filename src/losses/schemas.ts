/** Schemas of the options that several losses share. */
import { z } from 'zod';

/** What sums run over before the mean. */
export const pool = (initial: 'image' | 'batch') => z.enum(['image', 'batch']).default(initial);

/** Keeps a denominator or a root away from 0; float32 needs more than 0 itself. */
export const epsilon = (initial: number) => z.number().min(1e-12).default(initial);

/** A weight or count that cannot be negative. */
export const nonNegative = (initial: number) => z.number().min(0).default(initial);

/** A loss without options. */
export const noOptions = z.strictObject({});
