/** @file Tasks that read the images: from JSON files to matrices with one image in each row. */
import { readFile } from 'node:fs/promises';
import { type NDArray, zeros } from 'poniard';

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** One image in each row. Pixels are whole numbers from −128 (paper) to 127 (ink). */
export type Images = NDArray<'float32'>;
export type Labels = NDArray<'uint8'>;
export type Part = 'training' | 'testing';

/**
 * Reads one of the files of the package `mnist`: all images of one digit, one behind the other, pixels from 0 to 1 with
 * three decimals. They become the whole numbers that they were, less 128: then every sum in a product of two images
 * is a whole number of at most 784 · 128² < 2²⁴, which float32 holds exactly, so all BLAS libraries agree to the last bit.
 */
export async function load(path: string): Promise<Images> {
  const { data } = JSON.parse(await readFile(path, 'utf8')) as { data: number[] };
  if (data.length % PIXELS !== 0) throw new Error(`${path}: ${data.length} pixels are not whole images`);
  const images = zeros([data.length / PIXELS, PIXELS], 'float32');
  for (let at = 0; at < data.length; at++) images.data[at] = Math.round(data[at]! * 255) - 128;
  return images;
}

/** The images of one part, in one matrix. `files[d]` holds those of the digit d. */
export function stack(part: Part, ...files: Images[]): Images {
  const chosen = rowsOf(part, files);
  const images = zeros([chosen.length, PIXELS], 'float32');
  for (const [at, { file, row }] of chosen.entries()) {
    images.data.set(file.data.subarray(row * PIXELS, (row + 1) * PIXELS), at * PIXELS);
  }
  return images;
}

/** Which digit each image of {@link stack} shows. */
export function label(part: Part, ...files: Images[]): Labels {
  const chosen = rowsOf(part, files);
  const labels = zeros(chosen.length, 'uint8');
  for (const [at, { digit }] of chosen.entries()) labels.data[at] = digit;
  return labels;
}

/** One of `count` blocks of rows: a view, nothing is copied. */
export function block(images: Images, index: number, count: number): Images {
  const [rows = 0] = images.shape;
  return images.slice([Math.floor((index * rows) / count), Math.floor(((index + 1) * rows) / count)]);
}

/** Of all images, counted through all files, every fifth is for testing. */
function rowsOf(part: Part, files: readonly Images[]) {
  const all = files.flatMap((file, digit) =>
    Array.from({ length: file.shape[0] ?? 0 }, (_, row) => ({ file, row, digit })),
  );
  return all.filter((_, index) => (index % 5 === 0) === (part === 'testing'));
}
