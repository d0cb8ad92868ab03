/** @file Finding out how a function travels, for those processors that cannot run it as it is. */
import { PoniardError } from '../errors.js';
import type { EncodedFunction } from '../functions/encoded.js';
import type { FunctionRecord } from '../functions/registry.js';
import type { Shell } from './shell.js';

/** Tells the scheduler once it is known, or known that it cannot: at once where the codec can say so. */
export function prepareFunction(shell: Shell, fn: FunctionRecord, implementation: string): void {
  const { registry, functionCodec } = shell.ports;
  const ready = (encoded: EncodedFunction): void => {
    fn.setTravel(implementation, { state: 'ready', encoded });
    registry.unify(fn, encoded);
    shell.state.handle({ type: 'prepared', fn });
  };
  const impossible = (error: unknown): void => {
    fn.setTravel(implementation, { state: 'impossible', error });
    shell.state.handle({ type: 'prepared', fn });
  };
  const given = fn.given(implementation);
  try {
    const encoded = fn.known ?? (typeof given === 'function' ? functionCodec.encode(given) : given);
    if (encoded === undefined) throw new PoniardError(`${fn.name} has no implementation ${implementation}`);
    if (encoded instanceof Promise) encoded.then(ready, impossible).finally(() => shell.flushSoon());
    else ready(encoded);
  } catch (error) {
    impossible(error);
  }
}
