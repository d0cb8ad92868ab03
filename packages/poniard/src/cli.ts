#!/usr/bin/env node
/** @file The command `poniard`. */
import { parseArgs } from 'node:util';
import { isUsageError, UsageError } from './cli/usage.js';
import { version } from './cli/version.js';

const USAGE = `npx poniard info [--json]
  Lists the processors of a program on this machine, its GPUs with their drivers, and the library that multiplies
  matrices; and for what is not used, why.

npx poniard explain FILE [ARGUMENTS]
  Runs a program (JavaScript, or TypeScript with the package tsx or a Node that takes types away), and then says for each
  function where its tasks ran, and for every processor what one of them cost there, or why it was refused.

npx poniard --version

The environment variables PONIARD_GPU (an adapter, 'software' or 'none') and PONIARD_BLAS ('system', 'onnxruntime', 'js' or a
library's file) choose others.
`;

async function info(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
  const { collectInfo, infoText } = await import('./cli/info.js');
  const collected = await collectInfo();
  console.log(values.json ? JSON.stringify(collected, undefined, 2) : infoText(collected));
}

async function explainProgram([file, ...args]: string[]): Promise<void> {
  if (file === undefined) throw new UsageError('explain needs a file');
  const { explain } = await import('./cli/explain.js');
  await explain(file, args);
}

async function printVersion(): Promise<void> {
  console.log(await version());
}

async function help(): Promise<void> {
  process.stdout.write(USAGE);
}

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  info,
  explain: explainProgram,
  '--version': printVersion,
  '-v': printVersion,
  '--help': help,
  '-h': help,
};

const [name = '--help', ...args] = process.argv.slice(2);
try {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  await command(args);
} catch (error) {
  if (!isUsageError(error)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
