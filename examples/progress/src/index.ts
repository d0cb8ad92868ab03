/** @file A progress bar, where someone watches. The examples share it. */
import { Presets, SingleBar } from 'cli-progress';

/** Told after each finished part how many there are. */
export type OnProgress = (done: number, all: number) => void;

/** Shows a bar on stderr while `body` works, if that is a terminal, and takes it away at the end. `parts`: of what it counts. */
export async function withProgress<R>(
  title: string,
  parts: string,
  body: (onProgress: OnProgress) => Promise<R>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<R> {
  if (!stream.isTTY) return body(() => {});
  const options = { format: `${title.padEnd(12)} {bar} {value} of {total} ${parts}`, clearOnComplete: true };
  const bar = new SingleBar({ ...options, stream, hideCursor: true }, Presets.shades_classic);
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
