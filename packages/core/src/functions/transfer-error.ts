/** @file The words of a `FunctionTransferError`. */
import { FunctionTransferError } from '../errors.js';

/** A name that keeps a function from travelling, and why. */
export interface Hindrance {
  /** As the source writes it: `kernel`, `this`, `import.meta`. */
  readonly text: string;
  /** Where it is used: `'/app/main.ts:12:7'` or `'line 2, column 5 of its source'`. */
  readonly where: string;
  /** Goes on after "it uses `kernel` (…), ": "a variable of the function around it". */
  readonly what: string;
  /** A way out that fits this name better than the general ones. */
  readonly instead?: string | undefined;
}

/** An error that names the function, what hinders it, where, and the ways out. */
export function cannotTravel(
  name: string,
  hindrances: readonly Hindrance[],
  note?: string | undefined,
): FunctionTransferError {
  const listed = hindrances
    .slice(0, MOST_LISTED)
    .map(({ text, where, what }) => `\`${text}\` (${where}), ${what}`);
  if (hindrances.length > MOST_LISTED) listed.push(`${hindrances.length - MOST_LISTED} more`);
  const uses =
    listed.length === 1 ? `it uses ${listed[0]}` : `it uses\n${listed.map((one) => `  - ${one}`).join('\n')}`;
  const particular = [...new Set(hindrances.flatMap(({ instead }) => instead ?? []))];
  const variables = hindrances.filter(({ instead }) => instead === undefined).map(({ text }) => text);
  if (variables.length > 0) particular.push(waysOut(name, variables));
  return new FunctionTransferError(
    [
      `function "${name}" cannot travel to another thread: ${uses}`,
      ...(note ? [note] : []),
      ...particular,
    ].join('\n'),
  );
}

const MOST_LISTED = 5;

function waysOut(name: string, variables: readonly string[]): string {
  const callable = name === 'anonymous' ? 'fn' : name;
  const args = variables.slice(0, MOST_LISTED).join(', ');
  return (
    `Pass ${variables.length === 1 ? 'it as an argument' : 'them as arguments'}: spawn(${callable}, …, ${args}); ` +
    `or export the function from a module and mark it: task(import.meta.url, ${callable}).`
  );
}
