/** MGDA (Sener & Koltun 2018): the shortest vector between the two gradients, a descent direction of both losses. */
import { add, clamp, div, maximum, mul, sub } from '../../graph/index.js';
import type { GradientBalancer } from './balancer.js';

/** Keeps two equal gradients, where every mixture is as good, from dividing by 0. */
const smallestSquare = 1e-30;

/** `α·g₁ + (1 − α)·g₂`, in closed form `α = (g₂ − g₁)·g₂ / |g₁ − g₂|²` held in 0–1. */
export const mgda: GradientBalancer = {
  name: 'mgda',
  kind: 'gradients',
  coefficients({ aa, ab, bb }) {
    const distance = sub(add(aa, bb), mul(ab, 2));
    const alpha = clamp(div(sub(bb, ab), maximum(distance, smallestSquare)), 0, 1);
    return [alpha, sub(1, alpha)];
  },
};
