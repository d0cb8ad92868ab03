/** @file Which provider multiplies on this thread, and why not the others. Found once, when the first product comes. */
import type { Blas, BlasLoader, BlasName } from './port.js';

/** Which provider multiplies, and why the others do not. */
export interface BlasInfo {
  readonly provider: BlasName;
  /** The library, its version and file as far as they are known. */
  readonly library: string;
  /** How many threads one product uses on the thread that asked. */
  readonly threads: number;
  /** One entry for each provider that does not multiply. */
  readonly reasons: readonly { readonly provider: BlasName; readonly reason: string }[];
}

/** What the choice depends on. */
export interface BlasSetup {
  /** In the order in which they are tried. */
  readonly loaders: readonly BlasLoader[];
  readonly inWorker: boolean;
  /** The value of `PONIARD_BLAS`: a provider's name, or the path of a BLAS library. */
  readonly setting: string | undefined;
  warn(message: string, code: string): void;
}

interface Choice {
  readonly blas: Blas;
  readonly reasons: BlasInfo['reasons'];
  readonly setup: BlasSetup;
}

/** The name of the environment variable that fixes the provider. */
export const BLAS_VARIABLE = 'PONIARD_BLAS';

/** The code of the warning that matrices are multiplied in JavaScript. */
export const SLOW_BLAS = 'PONIARD_SLOW_BLAS';

/** So many multiplications, one product of 272² for example, take about 20 ms in JavaScript. */
const NOTICED = 2e7;

/** Chooses the provider for one thread. */
export class BlasSelector {
  #choice: Promise<Choice> | undefined;
  #slowWork = 0;

  constructor(private readonly findSetup: () => Promise<BlasSetup>) {}

  /**
   * The provider of this thread.
   *
   * @throws PoniardError when `PONIARD_BLAS` names one that does not work.
   */
  async blas(): Promise<Blas> {
    return (await this.#chosen()).blas;
  }

  async info(): Promise<BlasInfo> {
    const { blas, reasons } = await this.#chosen();
    return { provider: blas.name, library: blas.library, threads: blas.threads, reasons };
  }

  /**
   * So many multiplications went through a slow provider. When they add up to what people notice, says once that products are
   * slow here and what to install, unless that was asked for.
   */
  async workedSlowly(multiplications: number): Promise<void> {
    const { blas, setup, reasons } = await this.#chosen();
    const before = this.#slowWork;
    this.#slowWork += multiplications;
    if (before >= NOTICED || this.#slowWork < NOTICED || !blas.slow || setup.setting === blas.name) return;
    const why = reasons.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
    setup.warn(
      'matrices are multiplied in plain JavaScript, about 20 times slower than need be: install a BLAS library ' +
        `(Debian: apt install libopenblas0) or the package onnxruntime-node. (${why})`,
      SLOW_BLAS,
    );
  }

  #chosen(): Promise<Choice> {
    this.#choice ??= this.findSetup().then(choose);
    return this.#choice;
  }
}

async function choose(setup: BlasSetup): Promise<Choice> {
  const { loaders, inWorker } = setup;
  const setting = setup.setting === '' ? undefined : setup.setting;
  const named = loaders.find((loader) => loader.name === setting);
  const only = named?.name ?? (setting === undefined ? undefined : 'system');
  const path = setting !== undefined && named === undefined ? { path: setting } : {};
  const reasons: { provider: BlasName; reason: string }[] = [];
  let chosen: Blas | undefined;
  for (const loader of loaders) {
    const reason = await (async () => {
      if (only !== undefined && loader.name !== only) return `${BLAS_VARIABLE} is ${JSON.stringify(setting)}`;
      if (chosen !== undefined) {
        return `not tried, since ${chosen.name} works and comes first; ${BLAS_VARIABLE}=${loader.name} prefers it`;
      }
      try {
        chosen = await loader.load({ inWorker, ...path });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    })();
    if (reason !== undefined) reasons.push({ provider: loader.name, reason });
  }
  if (chosen !== undefined) return { blas: chosen, reasons, setup };
  // Loaded when needed: workers have no other use for the whole core.
  const { PoniardError } = await import('@poniard/core');
  const why = reasons.find((entry) => entry.provider === only)?.reason;
  throw new PoniardError(
    `${BLAS_VARIABLE} is ${JSON.stringify(setting)}, which cannot multiply here: ${why}`,
  );
}
