/** Every architecture by its name in the config. */
import { mobileUNet } from './mobile-unet.js';
import type { Model } from './model.js';
import { resunet, resunetWide, resunext } from './resunet.js';

/** The architectures, in the order of the manual. */
export const models: readonly Model[] = [resunet, resunetWide, resunext, mobileUNet];

/** The architecture called `name`, or undefined. */
export const findModel = (name: string): Model | undefined => models.find((model) => model.name === name);
