/** @file What a script's text says about its imports and exports, also after vitest, esbuild or this framework rewrote it. */
import { codecInternals } from '@poniard/core';
import type { AnyNode, Expression, Pattern, Program } from 'acorn';
import type { ScriptInfo } from './function-facts.js';

type Parser = typeof import('acorn');

/** A variable of the script that holds something of another module. */
export interface ScriptImport {
  readonly specifier: string;
  /** `'*'` for the whole module, dots go into objects. What `require()` gives counts as the module's `'default'`. */
  readonly imported: string;
  /**
   * - `'import'`: an import declaration.
   * - `'require'`: a variable that was set to what `require()` gave, or to a part of it.
   * - `'compiled'`: a variable that a compiler made for an import declaration.
   * - `'task'`: an import that a decoded function was given.
   */
  readonly via: 'import' | 'require' | 'compiled' | 'task';
}

export interface ScriptExport {
  readonly exported: string;
  /** The variable that is exported; nothing for `export default` of an expression. */
  readonly local?: string;
  /** Where the expression of an `export default` begins. */
  readonly start?: number;
}

export interface ScriptFacts {
  readonly dialect: 'module' | 'commonjs' | 'vite' | 'task';
  readonly imports: ReadonlyMap<string, ScriptImport>;
  /** Empty for CommonJS, whose exports are known when it has run. */
  readonly exports: readonly ScriptExport[];
  /** Whether a variable that is seen from an offset of the text may change; always, where the script cannot be read. */
  mayChange(name: string, offset: number): boolean;
}

/** Reads a script. One that cannot be parsed has no imports and no exports. */
export function readScript(script: ScriptInfo, parser: Parser): ScriptFacts {
  const given = codecInternals.decodedImports(script.url, script.text);
  // Parsed for itself: many scripts are asked for their imports only, and a tree takes ten times the memory of its text.
  let variables: codecInternals.ScriptVariables | 'unreadable' | undefined;
  const mayChange = (name: string, offset: number): boolean => {
    if (variables === undefined) {
      const program = parsed(script, parser);
      variables = program === undefined ? 'unreadable' : new codecInternals.ScriptVariables(program);
    }
    return variables === 'unreadable' || variables.mayChange(name, offset);
  };
  if (given !== undefined) {
    const imports = given.map(({ local, module, imported }) => {
      return [local, { specifier: module, imported, via: 'task' }] as const;
    });
    return { dialect: 'task', imports: new Map<string, ScriptImport>(imports), exports: [], mayChange };
  }
  const dialect = script.isModule
    ? 'module'
    : script.text.includes('__vite_ssr_import_meta__')
      ? 'vite'
      : 'commonjs';
  const imports = new Map<string, ScriptImport>();
  const exports: ScriptExport[] = [];
  for (const statement of unwrapped(parsed(script, parser)?.body ?? [])) {
    if (dialect === 'module') readModuleStatement(statement, imports, exports);
    else readWrappedStatement(statement, imports, exports);
  }
  return { dialect, imports, exports, mayChange };
}

function parsed({ text, isModule }: ScriptInfo, parser: Parser): Program | undefined {
  try {
    return parser.parse(text, {
      ecmaVersion: 'latest',
      sourceType: isModule ? 'module' : 'script',
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
}

/** Compilers and vite put a file's statements into a function, and that one perhaps into a block. */
function unwrapped(statements: readonly AnyNode[]): readonly AnyNode[] {
  return statements.flatMap((statement): readonly AnyNode[] => {
    if (statement.type !== 'ExpressionStatement') return [statement];
    const { expression } = statement;
    const fn = expression.type === 'CallExpression' ? expression.callee : expression;
    if (fn.type !== 'ArrowFunctionExpression' && fn.type !== 'FunctionExpression') return [statement];
    if (fn.body.type !== 'BlockStatement') return [statement];
    return fn.body.body.flatMap((inner): readonly AnyNode[] =>
      inner.type === 'BlockStatement' ? inner.body : [inner],
    );
  });
}

function readModuleStatement(
  node: AnyNode,
  imports: Map<string, ScriptImport>,
  exports: ScriptExport[],
): void {
  if (node.type === 'ImportDeclaration') {
    const specifier = String(node.source.value);
    for (const one of node.specifiers) {
      const imported =
        one.type === 'ImportDefaultSpecifier'
          ? 'default'
          : one.type === 'ImportNamespaceSpecifier'
            ? '*'
            : exportName(one.imported);
      imports.set(one.local.name, { specifier, imported, via: 'import' });
    }
  } else if (node.type === 'ExportNamedDeclaration') {
    if (node.declaration?.type === 'VariableDeclaration') {
      for (const one of node.declaration.declarations) {
        for (const local of boundNames(one.id)) exports.push({ exported: local, local });
      }
    } else if (node.declaration) {
      exports.push({ exported: node.declaration.id.name, local: node.declaration.id.name });
    } else if (!node.source) {
      for (const one of node.specifiers) {
        exports.push({ exported: exportName(one.exported), local: exportName(one.local) });
      }
    }
  } else if (node.type === 'ExportDefaultDeclaration') {
    const { declaration } = node;
    const named =
      declaration.type === 'Identifier'
        ? declaration.name
        : declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration'
          ? declaration.id?.name
          : undefined;
    exports.push({
      exported: 'default',
      start: declaration.start,
      ...(named === undefined ? {} : { local: named }),
    });
  }
}

/** A statement of a CommonJS file, or of a file that vite wrapped. */
function readWrappedStatement(
  node: AnyNode,
  imports: Map<string, ScriptImport>,
  exports: ScriptExport[],
): void {
  if (node.type === 'VariableDeclaration') {
    for (const { id, init } of node.declarations) if (init) readVariable(id, init, imports);
  } else if (node.type === 'ExpressionStatement') {
    const exported = viteExport(node.expression);
    if (exported) exports.push(exported);
  }
}

function readVariable(id: Pattern, init: Expression, imports: Map<string, ScriptImport>): void {
  if (init.type === 'AwaitExpression') {
    const specifier = calledWith(init.argument, '__vite_ssr_import__');
    if (specifier !== undefined && id.type === 'Identifier') {
      imports.set(id.name, { specifier, imported: '*', via: 'compiled' });
    }
    return;
  }
  // esbuild: import_k = require('./k'), or __toESM(require('./k')), where the file had import declarations.
  const inner =
    init.type === 'CallExpression' && calleeName(init) === '__toESM' ? init.arguments[0] : undefined;
  const converted = inner && calledWith(inner, 'require');
  if (converted !== undefined && id.type === 'Identifier') {
    imports.set(id.name, { specifier: converted, imported: '*', via: 'compiled' });
    return;
  }
  // CommonJS: require('x'), require('x').y, and { y } = either.
  let path = '';
  let source: AnyNode = init;
  while (source.type === 'MemberExpression' && !source.computed && source.property.type === 'Identifier') {
    path = `.${source.property.name}${path}`;
    source = source.object;
  }
  const specifier = calledWith(source, 'require');
  if (specifier === undefined) return;
  if (id.type === 'Identifier') {
    const compiled = path === '' && /^import_/.test(id.name);
    imports.set(
      id.name,
      compiled
        ? { specifier, imported: 'default', via: 'compiled' }
        : { specifier, imported: `default${path}`, via: 'require' },
    );
  } else if (id.type === 'ObjectPattern') {
    for (const property of id.properties) {
      if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') continue;
      if (property.value.type !== 'Identifier') continue;
      const imported = `default${path}.${property.key.name}`;
      imports.set(property.value.name, { specifier, imported, via: 'require' });
    }
  }
}

/** `__vite_ssr_exportName__('scale', () => { try { return scale } catch {} })` */
function viteExport(node: Expression): ScriptExport | undefined {
  const exported = calledWith(node, '__vite_ssr_exportName__');
  if (exported === undefined || node.type !== 'CallExpression') return undefined;
  const getter = node.arguments[1];
  if (getter?.type !== 'ArrowFunctionExpression' || getter.body.type !== 'BlockStatement') return undefined;
  const first = getter.body.body[0];
  const returns = first?.type === 'TryStatement' ? first.block.body[0] : first;
  if (returns?.type !== 'ReturnStatement' || returns.argument?.type !== 'Identifier') return undefined;
  return { exported, local: returns.argument.name };
}

/** The string that a function of this name is called with first. */
function calledWith(node: AnyNode, name: string): string | undefined {
  if (node.type !== 'CallExpression' || calleeName(node) !== name) return undefined;
  const [first] = node.arguments;
  return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : undefined;
}

const calleeName = (node: Extract<AnyNode, { type: 'CallExpression' }>): string | undefined =>
  node.callee.type === 'Identifier' ? node.callee.name : undefined;

const exportName = (node: AnyNode): string =>
  node.type === 'Identifier' ? node.name : String((node as { value?: unknown }).value);

function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) =>
        boundNames(one.type === 'RestElement' ? one.argument : one.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one ? boundNames(one) : []));
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    case 'RestElement':
      return boundNames(pattern.argument);
    default:
      return [];
  }
}
