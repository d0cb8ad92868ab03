/** Running other programs, and short progress lines on stderr (stdout belongs to the program that is run). */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

export const say = (text) => process.stderr.write(`${text}\n`);

/** A command failed: what it was, and what it printed where that was not shown yet. */
export class CommandError extends Error {
  constructor(command, code, output) {
    super(`${command.join(' ')} ended with ${code}${output ? `\n${output.trimEnd()}` : ''}`);
    this.name = 'CommandError';
    this.output = output;
  }
}

/**
 * Runs a command. With `quiet` its output is kept and given back (and told by the error), else it is shown.
 * `timeout` in ms ends it. Never reads stdin, so that nothing can wait for an answer.
 */
export function run(command, { cwd = root, env = {}, quiet = false, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32' && (program === 'npx' || program === 'npm'),
    });
    let stdout = '';
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    let ending = 'code';
    const timer = timeout && setTimeout(stop, timeout);
    function stop() {
      ending = `no end after ${timeout / 1000} s, then code`;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
      // What it started itself may hold the pipes open for longer.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 && ending === 'code') resolve({ stdout, output });
      else reject(new CommandError(command, `${ending} ${signal ?? code}`, output));
    });
  });
}

/** The command line of a dependency's program, run by this Node without a shell. */
export function bin(packageName, name = packageName.split('/').pop()) {
  const folder = join(root, 'node_modules', packageName);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [process.execPath, join(folder, typeof bins === 'string' ? bins : bins[name])];
}

/** Gives the terminal to a Node program and ends as it ends. */
export function become(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('close', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

/** Says what is done, does it, and says how long it took. */
export async function step(title, body) {
  const start = performance.now();
  const value = await body();
  say(`✓ ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return value;
}
