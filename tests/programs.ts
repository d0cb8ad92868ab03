/** @file Runs small programs, as a user would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('./fixtures/programs/', import.meta.url));

/** What makes Node run TypeScript: tsx, which is a dependency of the CPU threads' own tests. */
export function tsx(part?: 'preflight'): string {
  const require = createRequire(new URL('../packages/proc-cpu/package.json', import.meta.url));
  return part === undefined ? pathToFileURL(require.resolve('tsx')).href : require.resolve(`tsx/${part}`);
}

export interface Ended {
  readonly code: number | null;
  /** The signal that ended it: `SIGKILL` where it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs `node PROGRAM ARGS` to its end, PROGRAM a file of the fixtures or anywhere; kills it when it does not come to one. */
export function run(
  program: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
  onOutput: (child: ChildProcess, text: string) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: '', ...variables };
    const child = spawn(process.execPath, [...execArgv, resolvePath(folder, program), ...args], {
      env,
      timeout: 15_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput(child, text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      onOutput(child, text);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
}
