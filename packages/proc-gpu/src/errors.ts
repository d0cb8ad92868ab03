/** @file What goes wrong on a GPU. */
import { checkGiven, type OptionRule, PoniardError } from '@poniard/core';

/** The device's memory limit leaves no room. The call then goes to another processor where there is one. */
export class GpuMemoryError extends PoniardError {
  override readonly name = 'GpuMemoryError';
  constructor(needed: number, used: number, limit: number) {
    super(
      `${needed} bytes are needed on the GPU, and of its limit of ${limit} bytes ${used} are in use; ` +
        'give webgpu() a larger memoryLimit, or work in smaller parts',
    );
  }
}

/** It turns out on the device that a call is not for it. The call then goes to another processor where there is one. */
export class GpuRefusal extends PoniardError {
  override readonly name = 'GpuRefusal';
}

/** A shader that does not compile, with the place and the source around it. */
export class ShaderError extends PoniardError {
  override readonly name = 'ShaderError';
  constructor(
    message: string,
    /** From 1; undefined where the compiler names none. */
    readonly line: number | undefined,
    /** From 1. */
    readonly column: number | undefined,
  ) {
    super(message);
  }
}

/** What WebGPU refused: commands that are not valid, or memory that the adapter does not have. */
export class GpuError extends PoniardError {
  override readonly name = 'GpuError';
}

/** @throws TypeError when options are no object, or hold one that is not known. `of`: what takes them, and checks their values. */
export function checkNames(of: string, options: unknown, known: readonly string[]): void {
  checkGiven(of, options, Object.fromEntries(known.map((name) => [name, ANY])));
}

const ANY: OptionRule = { is: () => true, must: '' };

/** Lines of source before and after the one that is wrong. */
const AROUND = 2;

interface Problem {
  readonly message: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** The compiler's first message, with its line and the lines around it, as compilers show them. */
export function shaderError(label: string, source: string, problems: readonly Problem[]): ShaderError {
  const [first] = problems;
  if (first === undefined) return new ShaderError(`${label} does not compile`, undefined, undefined);
  const { message, line, column } = first;
  const others = problems.length > 1 ? `\n… and ${problems.length - 1} more` : '';
  if (line === undefined || line < 1)
    return new ShaderError(`${label}: ${message}${others}`, undefined, undefined);
  const where = `${label}, line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`;
  return new ShaderError(`${where}\n${excerpt(source, line, column)}${others}`, line, column);
}

function excerpt(source: string, line: number, column: number | undefined): string {
  const lines = source.split('\n');
  const from = Math.max(1, line - AROUND);
  const to = Math.min(lines.length, line + AROUND);
  const width = `${to}`.length;
  const shown: string[] = [];
  for (let at = from; at <= to; at++) {
    shown.push(`${at === line ? '>' : ' '} ${`${at}`.padStart(width)} | ${lines[at - 1]}`);
    if (at === line && column !== undefined)
      shown.push(`${' '.repeat(width + 3)}| ${' '.repeat(column - 1)}^`);
  }
  return shown.join('\n');
}
