/** @file Plug-ins: what adds processors, movers and codecs to a runtime. */
import type { DependencyContainer } from 'tsyringe';

/**
 * Registers what it brings in a runtime's own container, by the tokens in `ports.ts`.
 *
 * @example
 * ```ts no-run
 * import { type Plugin, PROCESSOR_PROVIDER, type ProcessorProvider } from '@poniard/core';
 *
 * export const quantum = (provider: ProcessorProvider): Plugin => ({
 *   name: 'quantum',
 *   register: (container) => void container.register(PROCESSOR_PROVIDER, { useValue: provider }),
 * });
 * ```
 */
export interface Plugin {
  readonly name: string;
  register(container: DependencyContainer): void;
}
