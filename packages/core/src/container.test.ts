// tsyringe needs it, and looks for it at once.
import '@abraham/reflection';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import fc from 'fast-check';
import { type DependencyContainer, inject, injectable, container as root } from 'tsyringe';
import { describe, expect, it } from 'vitest';
import { LightContainer } from './container.js';

const TOKENS = [Symbol('a'), Symbol('b'), 'c'];

/** What a container answers, errors included, so that two can be compared. */
const answer = (ask: () => unknown): unknown => {
  try {
    return ask();
  } catch (error) {
    return (error as Error).message;
  }
};

type Step = (container: DependencyContainer) => unknown;
const token = fc.constantFrom(...TOKENS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(token, fc.nat(9)).map(
    ([t, useValue]) =>
      (c: DependencyContainer) =>
        void c.register(t, { useValue }),
  ),
  fc.tuple(token, fc.nat(9)).map(
    ([t, value]) =>
      (c: DependencyContainer) =>
        void c.registerInstance(t, value),
  ),
  fc.tuple(token, token).map(
    ([t, other]) =>
      (c: DependencyContainer) =>
        void c.register(t, { useFactory: (inside) => ['made', other === t || inside.isRegistered(other)] }),
  ),
  fc.tuple(token, token).map(([t, other]) => (c: DependencyContainer) => {
    if (t !== other) c.registerType(t, other);
  }),
  token.map((t) => (c: DependencyContainer) => c.resolve(t)),
  token.map((t) => (c: DependencyContainer) => c.resolveAll(t)),
  fc.tuple(token, fc.boolean()).map(
    ([t, all]) =>
      (c: DependencyContainer) =>
        c.isRegistered(t, all),
  ),
  token.map((t) => (c: DependencyContainer) => c.createChildContainer().isRegistered(t, true)),
  fc.constant((c: DependencyContainer) => c.clearInstances()),
  fc.constant((c: DependencyContainer) => c.reset()),
);

describe('a container without tsyringe', () => {
  it('answers as one of tsyringe does, whatever is asked', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const [light, real] = [new LightContainer(() => root), root.createChildContainer()];
        for (const ask of steps) expect(answer(() => ask(light))).toEqual(answer(() => ask(real)));
      }),
    );
  });

  it('stays without it for values and factories', () => {
    const light = new LightContainer(() => {
      throw new Error('asked for tsyringe');
    });
    light.register('a', { useValue: 1 }).register('a', { useFactory: (c: DependencyContainer) => c });
    expect(light.resolve('a')).toBe(light);
    expect(light.resolveAll('a')).toEqual([1, light]);
    expect(light.isRegistered('b', true)).toBe(false);
    expect(() => light.resolve('b')).toThrow('asked for tsyringe');
  });

  it('gives classes what they name by tokens, and one of a singleton', () => {
    @injectable()
    class Greeter {
      constructor(@inject('greeting') readonly greeting: string) {}
    }
    const light = new LightContainer(() => root);
    light.register('greeting', { useValue: 'hello' });
    light.registerSingleton('greeter', Greeter);
    expect(light.resolve<Greeter>('greeter').greeting).toBe('hello');
    expect(light.resolve('greeter')).toBe(light.resolve('greeter'));
    expect(light.resolve(Greeter)).not.toBe(light.resolve(Greeter));
    expect(root.isRegistered('greeting')).toBe(false);
  });
});

describe('a program', () => {
  const run = async (body: string): Promise<string> => {
    const program = `import { createRequire } from 'node:module';
      import { createRuntime, CLOCK, EVENT_SINK } from '@poniard/core';
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('tsyringe'));
      ${body}`;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
    return stdout.trim();
  };

  it('whose plug-ins register values does not load tsyringe', async () => {
    const body = `const plugin = { name: 'one', register: (container) => container.register('x', { useValue: 1 }) };
      const runtime = createRuntime({ plugins: [plugin] });
      console.log(await runtime.spawn(() => 6 * 7), loaded());`;
    expect(await run(body)).toBe('42 false');
  });

  it('whose plug-in registers a class loads it', async () => {
    const body = `class Clock { now() { return 7; } after() { return () => {}; } }
      const plugin = { name: 'one', register: (container) => container.registerSingleton(CLOCK, Clock) };
      const runtime = createRuntime({ plugins: [plugin] });
      console.log(await runtime.spawn(() => 6 * 7), loaded());`;
    expect(await run(body)).toBe('42 true');
  });

  it('that has registered something in the root container finds it in its runtimes', async () => {
    const body = `const { container } = await import('tsyringe');
      const heard = [];
      container.register(EVENT_SINK, { useValue: { active: true, emit: ({ type }) => heard.push(type) } });
      await createRuntime().spawn(() => 1);
      console.log(heard.includes('task:spawn'));`;
    expect(await run(body)).toBe('true');
  });

  it('in a page has tsyringe loaded with it, and needs no Node', async () => {
    const contents = `import { createRuntime, CLOCK } from '@poniard/core';
      class Clock { now() { return 7; } after() { return () => {}; } }
      const plugin = { name: 'one', register: (container) => container.registerSingleton(CLOCK, Clock) };
      createRuntime({ plugins: [plugin] }).spawn(() => 6 * 7).then(tell);`;
    const stdin = { contents, resolveDir: import.meta.dirname };
    // The parser is loaded by itself, when it is needed.
    const define = { 'import.meta.url': '"https://page.example/app.js"' };
    const { outputFiles } = await build({
      stdin,
      bundle: true,
      platform: 'browser',
      external: ['acorn'],
      define,
      write: false,
    });
    const page = { performance, AbortController, queueMicrotask, setTimeout, clearTimeout, setInterval };
    const told = new Promise((tell) => runInNewContext(outputFiles[0]?.text ?? '', { ...page, tell }));
    expect(await told).toBe(42);
  });
});
