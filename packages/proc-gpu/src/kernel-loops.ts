/**
 * @file Loops as gpu.js compiles them rightly. Of a `for` whose bounds are not constant it makes a `while` with the update at
 * the end, which a `continue` would pass over: an endless loop. In a `do` a `continue` would pass over the condition. And the
 * variables of two such loops would be declared twice in one scope. So the first become a `while` that says what `continue`
 * does, and every loop with a variable gets a block of its own.
 */
import type { AnyNode, ContinueStatement, DoWhileStatement, ForStatement, parse } from 'acorn';

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** @param source a function expression; what does not parse is left to gpu.js, which says why. */
export function plainLoops(source: string, parseScript: typeof parse): string {
  let root: AnyNode;
  try {
    root = parseScript(`(${source})`, { ecmaVersion: 'latest' });
  } catch {
    return source;
  }
  const code = `(${source})`;
  const edits: Edit[] = [];
  visit(root, (node) => {
    if (node.type === 'ForStatement') edits.push(...editsOfFor(node, code));
    else if (node.type === 'DoWhileStatement') edits.push(...editsOfDo(node, code));
  });
  return applied(code, edits).slice(1, -1);
}

function editsOfFor(loop: ForStatement, code: string): Edit[] {
  const { init, test, update, body, start, end } = loop;
  const jumps = continuesOf(body);
  if (jumps.length === 0) {
    if (init?.type !== 'VariableDeclaration') return [];
    return [
      { from: start, to: start, text: '{ ' },
      { from: end, to: end, text: ' }' },
    ];
  }
  const text = (part: AnyNode | null | undefined, otherwise = ''): string =>
    part ? code.slice(part.start, part.end) : otherwise;
  const step = update ? `${text(update)}; ` : '';
  return [
    { from: start, to: body.start, text: `{ ${text(init)}; while (${text(test, 'true')}) { ` },
    ...jumps.map((jump) => ({ from: jump.start, to: jump.end, text: `{ ${step}continue; }` })),
    { from: end, to: end, text: ` ${step}} }` },
  ];
}

function editsOfDo({ body, test }: DoWhileStatement, code: string): Edit[] {
  const text = `{ if (!(${code.slice(test.start, test.end)})) { break; } continue; }`;
  return continuesOf(body).map(({ start, end }) => ({ from: start, to: end, text }));
}

/** Those that go on with this loop, and not with one in it. */
function continuesOf(body: AnyNode): ContinueStatement[] {
  const found: ContinueStatement[] = [];
  visit(
    body,
    (node) => void (node.type === 'ContinueStatement' && found.push(node)),
    (node) => !/^(For|While|DoWhile)|Function/.test(node.type),
  );
  return found;
}

/** Parts first, so that what ends at one place ends from the inside out. */
function visit(
  node: AnyNode,
  meet: (node: AnyNode) => void,
  enters: (node: AnyNode) => boolean = () => true,
) {
  if (!enters(node)) return;
  for (const part of Object.values(node).flat()) {
    if (typeof part?.type === 'string') visit(part as AnyNode, meet, enters);
  }
  meet(node);
}

function applied(code: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { from, to, text } of [...edits].sort((a, b) => a.from - b.from)) {
    result += code.slice(at, from) + text;
    at = to;
  }
  return result + code.slice(at);
}
