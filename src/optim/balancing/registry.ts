/** Every balancing method by its name in the configuration. */
import type { Balancer } from './balancer.js';
import { dwa } from './dwa.js';
import { famo } from './famo.js';
import { gls } from './gls.js';
import { mgda } from './mgda.js';
import { pcgrad } from './pcgrad.js';
import { rlw } from './rlw.js';
import { uncertainty } from './uncertainty.js';

/** Names of the methods, in the order of the manual. */
export const balancingMethods = ['uncertainty', 'dwa', 'rlw', 'gls', 'famo', 'pcgrad', 'mgda'] as const;

/** One of {@link balancingMethods}. */
export type BalancingMethod = (typeof balancingMethods)[number];

/** The methods. */
export const balancers: Readonly<Record<BalancingMethod, Balancer>> = {
  uncertainty,
  dwa,
  rlw,
  gls,
  famo,
  pcgrad,
  mgda,
};
