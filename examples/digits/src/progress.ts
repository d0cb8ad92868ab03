/** @file A progress bar, where someone watches. */
import { Presets, SingleBar } from 'cli-progress';

/** Told after each finished task how many there are. */
export type OnProgress = (done: number, all: number) => void;

/** Shows a bar on stderr while `body` works, if that is a terminal. */
export async function withProgress<R>(
  title: string,
  body: (onProgress: OnProgress) => Promise<R>,
): Promise<R> {
  if (!process.stderr.isTTY) return body(() => {});
  const options = { format: `${title.padEnd(12)} {bar} {value} of {total} tasks`, clearOnComplete: true };
  const bar = new SingleBar({ ...options, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
  bar.start(1, 0);
  try {
    return await body((done, all) => {
      bar.setTotal(all);
      bar.update(done);
    });
  } finally {
    bar.stop();
  }
}
