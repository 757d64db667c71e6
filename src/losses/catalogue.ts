/** Every built-in loss, and the names that stand for combinations of them. */

import { depthBce } from './depth/bce.js';
import { berhu } from './depth/berhu.js';
import { charbonnier } from './depth/charbonnier.js';
import { grad } from './depth/grad.js';
import { huber } from './depth/huber.js';
import { l1 } from './depth/l1.js';
import { mse } from './depth/mse.js';
import { normals } from './depth/normals.js';
import { rmse } from './depth/rmse.js';
import { silog } from './depth/silog.js';
import { smoothness } from './depth/smoothness.js';
import { ssi } from './depth/ssi.js';
import { ssim } from './depth/ssim.js';
import type { Loss, Task } from './loss.js';
import { segmentationBce } from './segmentation/bce.js';
import { boundary } from './segmentation/boundary.js';
import { dice } from './segmentation/dice.js';
import { focal } from './segmentation/focal.js';
import { jaccard } from './segmentation/jaccard.js';
import { lovasz } from './segmentation/lovasz.js';
import { mcc } from './segmentation/mcc.js';
import { tversky } from './segmentation/tversky.js';

/** The built-in losses, those of segmentation first. */
export const builtInLosses: readonly Loss[] = [
  segmentationBce,
  dice,
  tversky,
  jaccard,
  focal,
  lovasz,
  boundary,
  mcc,
  depthBce,
  rmse,
  l1,
  mse,
  huber,
  charbonnier,
  berhu,
  grad,
  ssim,
  silog,
  ssi,
  smoothness,
  normals,
];

/** A name for an expression. */
export interface LossAlias {
  readonly name: string;
  readonly task: Task;
  /** Text of the expression it stands for. */
  readonly expression: string;
  readonly source: string;
}

/** The aliases. */
export const aliases: readonly LossAlias[] = [
  { name: 'bce-dice', task: 'segmentation', expression: 'bce + 2*dice', source: 'published study' },
  {
    name: 'bce-tversky',
    task: 'segmentation',
    expression: 'bce + 2*tversky(alpha=0.6, beta=0.5)',
    source: 'published study',
  },
  { name: 'rmse-ssim', task: 'depth', expression: 'sqrt(ssim) + 4*rmse', source: 'published source' },
  {
    name: 'densedepth',
    task: 'depth',
    expression: 'ssim(windows=[11]) + grad(kernel=forward) + 0.1*l1',
    source: 'Alhashim 2018',
  },
];
