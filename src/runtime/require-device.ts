/** Asks a device for a result, which is the only way to know that it works. */
import { FathomError } from '../errors.js';
import { input, type LoweringTarget, mul } from '../graph/index.js';
import { compile } from './node.js';

/** Computes 2 × 3 on `device`. Throws a FathomError of code `device` when it cannot be had, or gets it wrong. */
export async function requireDevice(device: LoweringTarget): Promise<void> {
  const program = await compile({ y: mul(input('x', [1]), 2) }, { device, threads: 1 });
  const { y } = await program.run({ x: Float32Array.of(3) });
  await program.dispose();
  if (y[0] !== 6) throw new FathomError('device', `device '${device}': computed 2 × 3 = ${y[0]}`);
}
