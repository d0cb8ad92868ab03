/** @file The words for a value that cannot cross: what it is, where it is, and what to do instead. */
import { className, globals, isError, isNative } from './kinds.js';

/** One step of the way into a value. `inside` (a codec's payload) is not shown. */
export type Step = 'key' | 'index' | 'get' | 'map key' | 'element' | 'inside';

/** The way as it would be written in code, `.points[3]`, from alternating steps and keys. */
export function formatPath(path: readonly unknown[]): string {
  const steps: string[] = [];
  for (let i = 0; i < path.length; i += 2) steps.push(formatStep(path[i] as Step, path[i + 1]));
  if (steps.length > 20) steps.splice(8, steps.length - 16, ' … ');
  return steps.join('');
}

function formatStep(step: Step, key: unknown): string {
  switch (step) {
    case 'key':
      return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(String(key)) ? `.${key}` : `[${JSON.stringify(key)}]`;
    case 'index':
      return `[${key}]`;
    case 'get':
      return `.get(${short(key)})`;
    case 'map key':
      return '.keys()';
    case 'element':
      return `.values()[${key}]`;
    case 'inside':
      return '';
  }
}

function short(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
  return typeof key === 'object' && key !== null ? className(key) || 'object' : String(key);
}

/** A noun phrase for `value` and, after it, the reason and the way out. */
export interface Refusal {
  readonly what: string;
  readonly why: string;
}

/** Says why a function, a symbol or an instance of an unknown class cannot cross. */
export function refusalOf(value: object | symbol): Refusal {
  if (typeof value === 'symbol') {
    return { what: `a symbol, ${String(value)}`, why: 'symbols are private to their thread. Pass a string.' };
  }
  if (typeof value === 'function') {
    return {
      what: nounOf(value),
      why:
        'functions are no data. Let the spawned function use it, which then brings it along, ' +
        'or export it from a module and import it in the task.',
    };
  }
  const what = nounOf(value);
  const name = className(value);
  if (name === 'Promise') return { what, why: 'await it first, or pass it as an argument of its own.' };
  if (name === '') return { what, why: 'what it inherits would be lost. Pass a plain object.' };
  if (typeof (value as { pipe?: unknown }).pipe === 'function' || name.endsWith('Stream')) {
    return { what, why: 'streams and sockets belong to their thread. Open it inside the task.' };
  }
  if (isPlatform(value, name)) {
    return { what, why: 'it cannot leave its thread. Make it inside the task, or pass plain data.' };
  }
  return {
    what,
    why: 'it would arrive as a plain object. Give the class a ValueCodec (static [valueCodec]) or pass plain data.',
  };
}

function isPlatform(value: object, name: string): boolean {
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  const ctor = prototype?.constructor;
  return typeof ctor !== 'function' || isNative(ctor) || globals[name] === ctor;
}

/** A noun phrase for anything that can be thrown or passed. Never throws. */
export function nounOf(value: unknown): string {
  switch (typeof value) {
    case 'symbol':
      return String(value);
    case 'function':
      return functionNoun(value);
    case 'object':
      return value === null ? 'null' : objectNoun(value);
    case 'string':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

function functionNoun(value: object): string {
  try {
    const noun = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
    const name: unknown = (value as { name?: unknown }).name;
    return typeof name === 'string' && name !== '' ? `the ${noun} '${name}'` : `a ${noun}`;
  } catch {
    return 'a function';
  }
}

function objectNoun(value: object): string {
  const name = className(value);
  if (name === '') return 'an object with a prototype of its own';
  try {
    if (isError(value) || isPlatform(value, name)) return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
  } catch {
    // A revoked proxy: name it as a class below.
  }
  return `an instance of class ${name}`;
}
