import { describe, expect, it } from 'vitest';
import { FunctionTransferError } from '../errors.js';
import { decodeFunction, decodeSource } from './decode.js';
import type { AnyFunction, ImportBinding, SourceFunction } from './encoded.js';
import { decodedImports } from './evaluate.js';
import { originOf } from './task-reference.js';

const source = (text: string, imports: ImportBinding[] = [], name = 'fn'): SourceFunction => ({
  kind: 'source',
  name,
  source: text,
  imports,
});
const modules: Record<string, Record<string, unknown>> = {
  lib: { add: (a: number, b: number) => a + b, K: 3, default: { deep: { one: () => 1 } }, none: null },
};
const importModule = async (specifier: string) => {
  const found = modules[specifier];
  if (!found) throw new Error(`Cannot find module '${specifier}'`);
  return found;
};

describe('decoding a function', () => {
  it('F1. a source becomes a function at once, in strict mode, under its name', () => {
    const fn = decodeSource(source('(function () { return this })', [], 'self'));
    expect(fn()).toBeUndefined();
    expect(fn.name).toBe('self');
    expect(decodeSource(source('((a) => a)', [], 'anonymous')).name).toBe('');
  });

  it('F1. its stack names the task and the lines of its own source', () => {
    const fn = decodeSource(source('(() => {\n\n  throw new Error("here");\n})', [], 'my task'));
    expect(stackOf(fn)).toMatch(/at .*poniard-task:my_task:3:9/);
    const importing = decodeFunction(
      source('(() => {\n  throw new Error(String(K));\n})', [binding('K')], 'other'),
      importModule,
    );
    return expect(importing.then(stackOf)).resolves.toMatch(/poniard-task:other:2:9/);
  });

  it('F2. a source gets its imports: named, default, whole, and parts of objects', async () => {
    const fn = await decodeFunction(
      source('((a) => [add(a, K), main.deep.one(), whole.K, one()])', [
        binding('add'),
        binding('K'),
        binding('main', 'default'),
        binding('whole', '*'),
        binding('one', 'default.deep.one'),
      ]),
      importModule,
    );
    expect(fn(1)).toEqual([4, 1, 3, 1]);
  });

  it('F2. a module gives its export, or a member of it', async () => {
    const module = (path: string) =>
      decodeFunction({ kind: 'module', name: 'fn', module: 'lib', path }, importModule);
    expect((await module('add'))(1, 2)).toBe(3);
    expect((await module('default.deep.one'))()).toBe(1);
    await expect(module('K')).rejects.toThrow(/export "K" of lib is number, not a function/);
    await expect(module('none')).rejects.toThrow(/is null/);
    await expect(module('default.nothing.here')).rejects.toThrow(
      /lib has no export "default\.nothing\.here" \(it exports add, K, default, none\)/,
    );
  });

  it('F2. where a loader gives all that require() gave as the namespace, that is the default', async () => {
    const bare = async () => ({ add: (a: number) => a + 1 });
    const fn = await decodeFunction(source('(a) => all.add(a)', [binding('all', 'default')]), bare);
    expect(fn(1)).toBe(2);
  });

  it('F2. a module that cannot be imported is named, with the reason and its cause', async () => {
    const failed = decodeFunction(
      { kind: 'module', name: 'blur', module: 'nowhere', path: 'x' },
      importModule,
    );
    await expect(failed).rejects.toThrow(FunctionTransferError);
    await expect(failed).rejects.toThrow(
      `function "blur" cannot run here: importing nowhere failed: Cannot find module`,
    );
    await expect(failed).rejects.toMatchObject({ cause: { message: "Cannot find module 'nowhere'" } });
  });

  it('F1. what cannot be evaluated is a FunctionTransferError', () => {
    expect(() => decodeSource(source('((a: number) => a)'))).toThrow(FunctionTransferError);
    expect(() => decodeSource(source('(3)'))).toThrow(/its source gives number/);
    expect(() => decodeSource(source('(() => K)', [binding('K')]))).toThrow(/decodeFunction/);
  });

  it('F1. a decoded function remembers how it came, so that it can go on to the next thread', async () => {
    const encoded = source('((a) => add(a, 1))', [binding('add')]);
    const fn = await decodeFunction(encoded, importModule);
    expect(originOf(fn)).toBe(encoded);
  });

  it('F2. a script that was evaluated tells what it was given', () => {
    const imports = [binding('add')];
    const text = `code\n//# poniardImports=${JSON.stringify(imports)}\n//# sourceURL=poniard-task:x`;
    expect(decodedImports('poniard-task:x', text)).toEqual(imports);
    expect(decodedImports('poniard-task:x', 'code')).toEqual([]);
    expect(decodedImports('file:///x.js', text)).toBeUndefined();
  });
});

const binding = (local: string, imported = local): ImportBinding => ({ local, module: 'lib', imported });

function stackOf(fn: AnyFunction): string {
  try {
    fn();
    return 'it did not throw';
  } catch (error) {
    return (error as Error).stack ?? '';
  }
}
