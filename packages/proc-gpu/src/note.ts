/** @file Says what is of interest only to who looks for it: `NODE_DEBUG=poniard`. */

/** Writes a line to stderr where the environment asks for it. */
export function note(message: string): void {
  if (typeof process === 'undefined') return;
  if (!/(^|,)poniard(,|$)/i.test(process.env['NODE_DEBUG'] ?? '')) return;
  console.error(`poniard: ${message}`);
}
