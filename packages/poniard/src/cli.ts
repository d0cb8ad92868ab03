#!/usr/bin/env node
/** @file The command `poniard`. */
import { parseArgs } from 'node:util';
import { collectInfo, infoText } from './cli/info.js';

const USAGE = `npx poniard info [--json]
  Lists the processors of a program on this machine, its GPUs with their drivers, and the library that multiplies
  matrices; and for what is not used, why.

The environment variables PONIARD_GPU (an adapter, 'software' or 'none') and PONIARD_BLAS ('system', 'onnxruntime', 'js' or a
library's file) choose others.
`;

async function info(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
  const collected = await collectInfo();
  console.log(values.json ? JSON.stringify(collected, undefined, 2) : infoText(collected));
}

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = { info };

const [name = '--help', ...args] = process.argv.slice(2);
try {
  const command = COMMANDS[name];
  if (command !== undefined) await command(args);
  else if (name === '--help' || name === '-h') process.stdout.write(USAGE);
  else misused(`there is no command ${JSON.stringify(name)}`);
} catch (error) {
  if (!isUsage(error)) throw error;
  misused(error.message);
}

function misused(reason: string): void {
  process.stderr.write(`${reason}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** What `parseArgs` throws for options that there are not. */
function isUsage(error: unknown): error is Error {
  return error instanceof Error && /^ERR_PARSE_ARGS/.test((error as NodeJS.ErrnoException).code ?? '');
}
