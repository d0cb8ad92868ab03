/** @file Questions to a syntax tree: which names patterns and statements declare, and what a node consists of. */
import type { AnyNode, Identifier, Pattern } from 'acorn';

/** What has variables. */
export interface Declares {
  declare(name: string): void;
}

export function declarePattern(pattern: Pattern, scope: Declares): void {
  for (const { name } of namesIn(pattern)) scope.declare(name);
}

/** The variables that a pattern binds or sets. */
export function* namesIn(pattern: Pattern): Iterable<Identifier> {
  switch (pattern.type) {
    case 'Identifier':
      yield pattern;
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        yield* namesIn(property.type === 'RestElement' ? property.argument : property.value);
      }
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) yield* namesIn(element);
      return;
    case 'AssignmentPattern':
      yield* namesIn(pattern.left);
      return;
    case 'RestElement':
      yield* namesIn(pattern.argument);
  }
}

/** Declares what `let`, `const`, `class` and (strict) `function` bind in a list of statements. */
export function hoistLexical(statements: readonly AnyNode[], scope: Declares): void {
  for (const statement of statements) {
    const node = exported(statement);
    if (node.type === 'VariableDeclaration' && node.kind !== 'var') {
      for (const one of node.declarations) declarePattern(one.id, scope);
    } else if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) {
      scope.declare(node.id.name);
    } else if (node.type === 'ImportDeclaration') {
      for (const one of node.specifiers) scope.declare(one.local.name);
    }
  }
}

/** Declares every `var` of a function's body, however deep in its blocks, but not those of functions in it. */
export function hoistVars(statements: readonly AnyNode[], scope: Declares): void {
  for (const statement of statements) {
    const node = exported(statement);
    if (node.type === 'VariableDeclaration') {
      if (node.kind === 'var') for (const one of node.declarations) declarePattern(one.id, scope);
    } else if (!/Function|Class|Expression/.test(node.type)) {
      hoistVars(childrenOf(node), scope);
    }
  }
}

function exported(node: AnyNode): AnyNode {
  const declares = node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration';
  return declares && node.declaration ? node.declaration : node;
}

export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) {
      children.push(value);
    }
  }
  return children;
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
