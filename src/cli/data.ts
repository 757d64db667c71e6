/** `fathom data`: makes and inspects data sets. */
import type { Register } from './context.js';
import { registerAugment } from './data-augment.js';

/** Adds the family `fathom data` to the program. */
export const register: Register = (program, context) => {
  const family = program.command('data').description('make, inspect and vary data sets');
  registerAugment(family, context);
};
