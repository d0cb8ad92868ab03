import { PoniardError } from '@poniard/core';
import { expect, test } from 'vitest';
import { jsBlas } from './js.js';
import type { Blas, BlasLoader, BlasName, LoadContext } from './port.js';
import { blasInfo } from './providers.js';
import { BlasSelector } from './select.js';

/** A loader that works, or that fails for a reason. */
function loader(name: BlasName, reason?: string, contexts: LoadContext[] = []): BlasLoader {
  const blas: Blas = { ...jsBlas(), name, library: `lib ${name}`, slow: name === 'js' };
  return {
    name,
    async load(context) {
      contexts.push(context);
      if (reason !== undefined) throw new Error(reason);
      return blas;
    },
  };
}

function select(loaders: BlasLoader[], setting?: string, inWorker = false) {
  const warnings: { message: string; code: string }[] = [];
  const warn = (message: string, code: string) => void warnings.push({ message, code });
  const selector = new BlasSelector(async () => ({ loaders, inWorker, setting, warn }));
  return { selector, warnings };
}

test('a system BLAS comes first', async () => {
  const { selector } = select([loader('system'), loader('onnxruntime'), loader('js')]);
  expect(await selector.info()).toEqual({
    provider: 'system',
    library: 'lib system',
    threads: 1,
    reasons: [
      {
        provider: 'onnxruntime',
        reason: 'not tried, since system works and comes first; PONIARD_BLAS=onnxruntime prefers it',
      },
      { provider: 'js', reason: 'not tried, since system works and comes first; PONIARD_BLAS=js prefers it' },
    ],
  });
});

test('then onnxruntime, with the reason why not the system', async () => {
  const { selector } = select([loader('system', 'no library'), loader('onnxruntime'), loader('js')]);
  const { provider, reasons } = await selector.info();
  expect([provider, reasons[0]]).toEqual(['onnxruntime', { provider: 'system', reason: 'no library' }]);
});

test('then JavaScript, with one warning that says what to install', async () => {
  const { selector, warnings } = select([
    loader('system', 'no library'),
    loader('onnxruntime', 'not there'),
    loader('js'),
  ]);
  // Small products that add up, then another one of the seed's size.
  for (let i = 0; i < 19; i++) await selector.workedSlowly(100 ** 3);
  expect(warnings).toEqual([]);
  await selector.workedSlowly(100 ** 3);
  await selector.workedSlowly(400 ** 3);
  expect(warnings).toEqual([
    {
      message: expect.stringMatching(
        /install a BLAS library.*onnxruntime-node.*system: no library; onnxruntime: not there/,
      ),
      code: 'PONIARD_SLOW_BLAS',
    },
  ]);
});

test('nobody is warned of a quick provider, or of a slow one that was asked for', async () => {
  const quick = select([loader('system')]);
  const asked = select([loader('system'), loader('js')], 'js');
  await Promise.all([quick.selector.workedSlowly(1e9), asked.selector.workedSlowly(1e9)]);
  expect([quick.warnings, asked.warnings]).toEqual([[], []]);
});

test.each(['onnxruntime', 'js'])('PONIARD_BLAS=%s fixes it', async (name) => {
  const { selector } = select([loader('system'), loader('onnxruntime'), loader('js')], name);
  const { provider, reasons } = await selector.info();
  expect(provider).toBe(name);
  expect(reasons).toContainEqual({ provider: 'system', reason: `PONIARD_BLAS is "${name}"` });
});

test('PONIARD_BLAS may be the path of a library', async () => {
  const contexts: LoadContext[] = [];
  const { selector } = select([loader('system', undefined, contexts), loader('js')], '/opt/my.so', true);
  expect((await selector.info()).provider).toBe('system');
  expect(contexts).toEqual([{ inWorker: true, path: '/opt/my.so' }]);
});

test('an empty PONIARD_BLAS is none', async () => {
  expect((await select([loader('system'), loader('js')], '').selector.info()).provider).toBe('system');
});

test('what PONIARD_BLAS names must work', async () => {
  const { selector } = select([loader('system', '/opt/my.so: no such file'), loader('js')], '/opt/my.so');
  const failure = selector.blas();
  await expect(failure).rejects.toThrow(PoniardError);
  await expect(failure).rejects.toThrow(
    'PONIARD_BLAS is "/opt/my.so", which cannot multiply here: /opt/my.so: no such file',
  );
});

test('the choice is made once, also for products that come at once', async () => {
  const contexts: LoadContext[] = [];
  const { selector } = select([loader('system', undefined, contexts)]);
  const [one, other] = await Promise.all([selector.blas(), selector.blas()]);
  expect(one).toBe(other);
  expect(contexts).toHaveLength(1);
});

test('blasInfo() tells about this machine', async () => {
  const { provider, library, threads, reasons } = await blasInfo();
  expect(library).not.toBe('');
  expect(threads).toBeGreaterThanOrEqual(1);
  expect([provider, ...reasons.map((entry) => entry.provider)].sort()).toEqual([
    'js',
    'onnxruntime',
    'system',
  ]);
});
