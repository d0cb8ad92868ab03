/** @file `poniard explain`: runs a program and says where its tasks ran, and why. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from './usage.js';

/** Runs `file` with `args`; ends with its exit code. Rejects with a {@link UsageError} where Node cannot run it. */
export async function explain(file: string, args: readonly string[]): Promise<void> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  const watch = new URL('./watch.js', import.meta.url).href;
  const child = spawn(process.execPath, [...forTypeScript(path), '--import', watch, path, ...args], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => done(code ?? 1));
  });
}

/** What makes this Node run TypeScript: tsx where the program's project has it, else Node itself. */
function forTypeScript(path: string): string[] {
  if (!/\.[mc]?tsx?$/.test(path)) return [];
  try {
    return ['--import', pathToFileURL(createRequire(path).resolve('tsx')).href];
  } catch {
    const features = process.features as { typescript?: unknown };
    if (features.typescript !== undefined && features.typescript !== false) return [];
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 22 || (major === 22 && minor >= 6)) return ['--experimental-strip-types'];
    throw new UsageError(`Node ${process.version} runs no TypeScript: npm install --save-dev tsx`);
  }
}
