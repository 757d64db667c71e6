/** `fathom data`: makes and inspects data sets. */
import type { Register } from './context.js';
import { registerAugment } from './data-augment.js';
import { registerComposite } from './data-composite.js';
import { registerInspect } from './data-inspect.js';
import { registerLabel } from './data-label.js';
import { registerStats } from './data-stats.js';

/** Adds the family `fathom data` to the program. */
export const register: Register = (program, context) => {
  const family = program.command('data').description('make, label, inspect, measure and vary data sets');
  registerComposite(family, context);
  registerLabel(family, context);
  registerInspect(family, context);
  registerStats(family, context);
  registerAugment(family, context);
};
