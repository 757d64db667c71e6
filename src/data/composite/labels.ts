/** The names of a composite's files, and the table that says what is where on each of them. */

import type { Placement, PlannedPicture } from './plan.js';

/**
 * The paths of one composite: nested by its background and named after cut-out, background and number, as the published
 * study has them.
 *
 * @example compositeFiles('bg005', 'fg012', 20481).image // 'fg_bg/bg005/fg012_bg005_020481.jpg'
 */
export function compositeFiles(background: string, cutout: string, index: number) {
  const number = String(index).padStart(6, '0');
  return {
    image: `fg_bg/${background}/${cutout}_${background}_${number}.jpg`,
    mask: `fg_bg_mask/${background}/${cutout}_${background}_mask_${number}.png`,
  };
}

/** Text as a CSV field. */
const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * The label table as CSV: a row for each composite with its files, background and cut-out, whether the cut-out is
 * flipped, and its box in pixels, `x` and `y` being the top left corner.
 */
export function labelTable(
  count: number,
  place: (index: number) => Placement,
  backgrounds: readonly { readonly name: string }[],
  cutouts: readonly Pick<PlannedPicture, 'name'>[],
): string {
  const rows = ['image,mask,background,foreground,flip,x,y,width,height\n'];
  for (let index = 0; index < count; index++) {
    const { background, cutout, flip, x, y, width, height } = place(index);
    const names = [backgrounds[background].name, cutouts[cutout].name] as const;
    const { image, mask } = compositeFiles(...names, index);
    rows.push(
      `${[image, mask, ...names].map(field).join(',')},${flip ? 1 : 0},${x},${y},${width},${height}\n`,
    );
  }
  return rows.join('');
}
