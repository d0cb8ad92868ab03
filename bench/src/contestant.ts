/**
 * @file Contestants as the harness sees them, each in a child process of its own.
 *
 * Why processes: two libraries in one process disturb each other. One's garbage is collected in the other's time,
 * one's idle threads may spin, and the promises of 100,000 tasks change the heap that the next one works on. Here
 * each contestant lives as long as the bench, so it stays warm (its code is compiled, its threads are up), and sleeps
 * in the kernel while another is measured. The rounds are interleaved, so that what happens to the machine happens to all.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Reply, Request } from './host.js';
import type { Params } from './rivals/rival.js';

export interface Contestant {
  readonly version: string;
  readonly settings: string;
  /** One measurement, in the unit of the row. Rejects when the job failed or the process ended. */
  measure(job: string, params: Params): Promise<number>;
  close(): Promise<void>;
}

/** Why a contestant cannot take part. */
export class Unavailable extends Error {}

/** Longer than any measurement takes on a slow machine. */
const PATIENCE_MS = 180_000;

/** Starts `rivals/MODULE.js` in a Node process. Rejects with {@link Unavailable} where it cannot be loaded. */
export async function startNode(
  module: string,
  options: Params,
  env: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  const host = fileURLToPath(new URL('./host.js', import.meta.url));
  const child = fork(host, [module, JSON.stringify(options)], {
    execArgv: [...process.execArgv, '--expose-gc'],
    env: { ...process.env, ...env },
    // Libraries print; the table on stdout is ours alone.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exchange = new Exchange<Reply>(child);
  child.on('message', (reply: Reply) => exchange.receive(reply));
  return contestantOver(exchange, (request) => child.send(request));
}

/** Starts `rivals/SCRIPT` with the interpreter `python`. Rejects with {@link Unavailable} where it does not come up. */
export async function startPython(
  python: string,
  script: string,
  args: readonly string[],
): Promise<Contestant> {
  const file = fileURLToPath(new URL(`../src/rivals/${script}`, import.meta.url));
  const child = spawn(python, [file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout } = child;
  const exchange = new Exchange<Reply>(child);
  createInterface({ input: stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { version?: string; settings: string } | Reply;
    exchange.receive('version' in answer ? ({ ready: answer } as Reply) : (answer as Reply));
  });
  return contestantOver(exchange, (request) => {
    if ('close' in request) stdin.end();
    else stdin.write(`${JSON.stringify(request)}\n`);
  });
}

/**
 * A program that is started anew for each measurement. It prints the time of its first result as nanoseconds of
 * `process.hrtime.bigint()`, a clock that all processes of a machine share. Jobs: `first` (milliseconds from before
 * the process starts to that result) and `exit` (to the end of the process).
 */
export function startProgram(file: string, version: string, settings: string): Contestant {
  const path = fileURLToPath(new URL(`../src/startup/${file}`, import.meta.url));
  return {
    version,
    settings,
    measure: (job) =>
      new Promise((resolve, reject) => {
        const start = process.hrtime.bigint();
        const child = spawn(process.execPath, [...process.execArgv, path], {
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 20_000,
        });
        let output = '';
        let end = start;
        child.stdout.on('data', (data: Buffer) => {
          output += data.toString();
        });
        const errors = tail(child);
        child.on('error', reject);
        child.on('exit', () => {
          end = process.hrtime.bigint();
        });
        child.on('close', (code, signal) => {
          if (code !== 0) return reject(new Error(`${file} ended with ${signal ?? code}: ${errors()}`));
          const time = job === 'exit' ? end : BigInt(output.trim());
          resolve(Number(time - start) / 1e6);
        });
      }),
    close: async () => {},
  };
}

/** One question at a time to a child process, and its answer or its end. */
class Exchange<T> {
  readonly #child: ChildProcess;
  readonly #errors: () => string;
  #waiting: { resolve(reply: T): void; reject(error: Error): void } | undefined;
  #ended: string | undefined;
  readonly closed: Promise<void>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#errors = tail(child);
    this.closed = new Promise((resolve) => {
      const end = (why: string) => {
        this.#ended ??= why;
        this.#waiting?.reject(new Error(`${why} ${this.#errors()}`.trim()));
        this.#waiting = undefined;
        resolve();
      };
      child.on('error', (error) => end(error.message));
      child.on('close', (code, signal) => end(`the process ended with ${signal ?? code}`));
    });
  }

  receive(reply: T): void {
    this.#waiting?.resolve(reply);
    this.#waiting = undefined;
  }

  next(): Promise<T> {
    if (this.#ended !== undefined)
      return Promise.reject(new Error(`${this.#ended} ${this.#errors()}`.trim()));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.#waiting = {
        resolve(reply) {
          clearTimeout(timer);
          resolve(reply);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function contestantOver(
  exchange: Exchange<Reply>,
  send: (request: Request) => void,
): Promise<Contestant> {
  const first = await exchange.next().catch((error: Error) => ({ unavailable: error.message }));
  if (!('ready' in first)) {
    exchange.kill();
    throw new Unavailable('unavailable' in first ? first.unavailable : 'an answer before it was ready');
  }
  return {
    ...first.ready,
    async measure(job, params) {
      const reply = exchange.next();
      send({ job, params });
      const answer = await reply;
      if ('value' in answer) return answer.value;
      throw new Error('error' in answer ? answer.error : 'an answer to no question');
    },
    async close() {
      // A library that does not end must not hold the bench: it has had its say.
      const timer = setTimeout(() => exchange.kill(), 5000);
      try {
        send({ close: true });
      } catch {
        exchange.kill();
      }
      await exchange.closed;
      clearTimeout(timer);
    },
  };
}

/** What a process wrote to stderr last, from the line that names an error on. */
function tail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (data: Buffer) => {
    text = (text + data.toString()).slice(-4000);
  });
  return () => text.slice(Math.max(0, text.search(/^.*Error/m))).trim();
}

/**
 * The first Python that can import `modules`. The system's own interpreter has the distribution's packages; the first
 * one on the path often has not.
 */
export async function findPython(modules: readonly string[]): Promise<string | undefined> {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  const candidates = new Set<string>();
  for (const folder of folders) {
    const path = join(folder, process.platform === 'win32' ? 'python.exe' : 'python3');
    if (folder !== '' && existsSync(path)) candidates.add(path);
  }
  for (const python of candidates) {
    const found = await new Promise<boolean>((resolve) => {
      const probe = spawn(python, ['-c', `import ${modules.join(', ')}`], {
        stdio: 'ignore',
        timeout: 30_000,
      });
      probe.on('error', () => resolve(false));
      probe.on('close', (code) => resolve(code === 0));
    });
    if (found) return python;
  }
  return undefined;
}
