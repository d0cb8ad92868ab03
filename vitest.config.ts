import { defineConfig } from 'vitest/config';

export default defineConfig({
  // tsyringe's decorators, as tsc reads them (`experimentalDecorators`).
  oxc: { decorator: { legacy: true } },
  test: {
    // `*.test-d.ts` is checked by the type pass (`tsc -p tsconfig.test.json`), which knows `expectTypeOf`.
    include: ['{packages,examples}/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'bench/src/**/*.test.ts'],
    // Tests start worker threads themselves, so each file gets a process and at most two run at once.
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--enable-source-maps', '--expose-gc'],
    // Packages are tested as users load them: by Node, from what was built.
    globalSetup: ['./scripts/vitest-setup.mjs'],
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    testTimeout: 20_000,
  },
});
