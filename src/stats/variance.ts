/** Mean squares of a table of seeds by images: how much of the noise comes from each. */

/** Mean squares of the two-way analysis of variance without replication. */
export interface MeanSquares {
  /** Of the seed means, times images; 0 for one seed. */
  readonly seeds: number;
  /** Of the image means, times seeds; 0 for one image. */
  readonly images: number;
  /** Of what neither explains; 0 for one seed or one image. */
  readonly residual: number;
}

/** Mean squares of `values [seeds, images]`, row by row. Source: Scheffé 1959, chapter 4. */
export function meanSquares(values: Float64Array, seeds: number, images: number): MeanSquares {
  const seedMeans = new Float64Array(seeds);
  const imageMeans = new Float64Array(images);
  for (let s = 0; s < seeds; s++)
    for (let i = 0; i < images; i++) {
      seedMeans[s] += values[s * images + i] / images;
      imageMeans[i] += values[s * images + i] / seeds;
    }
  const grand = seedMeans.reduce((sum, value) => sum + value / seeds, 0);
  let residual = 0;
  for (let s = 0; s < seeds; s++)
    for (let i = 0; i < images; i++)
      residual += (values[s * images + i] - seedMeans[s] - imageMeans[i] + grand) ** 2;
  const spread = (means: Float64Array) => means.reduce((sum, value) => sum + (value - grand) ** 2, 0);
  return {
    seeds: (images * spread(seedMeans)) / Math.max(1, seeds - 1),
    images: (seeds * spread(imageMeans)) / Math.max(1, images - 1),
    residual: residual / Math.max(1, (seeds - 1) * (images - 1)),
  };
}

/**
 * The share of the spread of image means that comes from the images: `√(1 − residual/images)`, as a standard deviation.
 * The rest is noise of the runs, which the spread over seeds already counts.
 */
export const imageShare = ({ images, residual }: MeanSquares): number =>
  images > 0 ? Math.sqrt(Math.max(0, 1 - residual / images)) : 0;
