/** @file A text that two values share when they have the same content; shared memory counts by its number, not its bytes. */

import { isShared } from './kinds.js';

/** In characters: values with longer keys are not compared by content. */
const LONGEST = 64 * 1024;
const DEEPEST = 200;

/** Thrown inside: the value has no key. */
const NONE: unique symbol = Symbol('no key');

/**
 * Of a value in the form in which values cross threads (see `snapshot`). Undefined where it is too large or too deep, runs
 * in a circle, or holds what only the platform can read, such as a `Blob`. The order of keys counts.
 */
export function contentKey(value: unknown): string | undefined {
  const writer = new Writer();
  try {
    writer.write(value, 0);
    return writer.text.length > LONGEST ? undefined : writer.text;
  } catch (error) {
    if (error === NONE) return undefined;
    throw error;
  }
}

class Writer {
  text = '';

  write(value: unknown, depth: number): void {
    if (this.text.length > LONGEST || depth > DEEPEST) throw NONE;
    switch (typeof value) {
      case 'string':
        this.text += JSON.stringify(value);
        break;
      case 'number':
        this.text += Object.is(value, -0) ? '-0' : `${value}`;
        break;
      case 'bigint':
        this.text += `${value}n`;
        break;
      case 'object':
        if (value === null) this.text += 'null';
        else this.object(value, depth + 1);
        break;
      default:
        this.text += String(value);
    }
  }

  private object(value: object, depth: number): void {
    if (Array.isArray(value)) this.array(value, depth);
    else if (value instanceof Map) this.list('Map', [...value].flat(), depth);
    else if (value instanceof Set) this.list('Set', [...value], depth);
    else if (value instanceof Date) this.text += `Date ${value.getTime()}`;
    else if (value instanceof RegExp) this.text += `RegExp ${value}`;
    else if (ArrayBuffer.isView(value)) this.view(value);
    else if (value instanceof ArrayBuffer) this.bytes(value, new Uint8Array(value));
    else this.plain(value, depth);
  }

  private plain(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw NONE;
    this.text += '{';
    for (const [key, part] of Object.entries(value)) {
      this.text += `${JSON.stringify(key)}:`;
      this.write(part, depth);
      this.text += ',';
    }
    this.text += '}';
  }

  private array(value: readonly unknown[], depth: number): void {
    // Holes and named properties are rare, and tell arrays apart.
    if (Object.keys(value).length !== value.length) throw NONE;
    this.list('', value, depth);
  }

  private list(kind: string, parts: readonly unknown[], depth: number): void {
    this.text += `${kind}[`;
    for (const part of parts) {
      this.write(part, depth);
      this.text += ',';
    }
    this.text += ']';
  }

  private view(view: ArrayBufferView): void {
    // Its bytes may change at any time, and it has no number.
    if (isShared(view.buffer)) throw NONE;
    this.bytes(view, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  private bytes(value: object, bytes: Uint8Array): void {
    if (bytes.length > LONGEST) throw NONE;
    this.text += `${Object.prototype.toString.call(value)}${bytes.length}:`;
    for (let i = 0; i < bytes.length; i += 4096)
      this.text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
}
