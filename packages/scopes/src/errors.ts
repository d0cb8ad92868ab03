/**
 * The base of all errors of the framework, so that one `instanceof` tells them from the user's own. It stands in
 * this package because this is the lowest floor; `@poniard/core` exports it too.
 */
export class PoniardError extends Error {
  override name = 'PoniardError';
}

/**
 * A scope cannot be built or satisfied. Where two scopes exclude each other, `left` and `right` are these two.
 *
 * Dagger: `ArgumentError` of the scope constructors.
 */
export class ScopeError extends PoniardError {
  override name = 'ScopeError';
  readonly left?: unknown;
  readonly right?: unknown;

  constructor(message: string, sides?: { readonly left: unknown; readonly right: unknown }) {
    super(message);
    if (sides) {
      this.left = sides.left;
      this.right = sides.right;
    }
  }
}

/** A value as an error message shows it: short, and telling `'0'` from `0`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name || '(unnamed)'}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null)
    return `an object with keys ${Object.keys(value).join(', ') || '(none)'}`;
  return String(value);
}
