/**
 * @file Finds the free identifiers of a syntax tree: those that no declaration inside it binds.
 *
 * Written here rather than taken from a scope analyser because it is on the way to a program's first result: eslint-scope
 * takes three times as long to load as acorn itself, and is CommonJS below, which browsers cannot load as it is.
 * A test compares the two over whole packages.
 */
import type { AnyNode, Identifier, Literal, Pattern } from 'acorn';
import { childrenOf, declarePattern, hoistLexical, hoistVars, namesIn } from './syntax.js';

/** A use of an identifier that is bound outside the tree. Offsets count from the start of the parsed text. */
export interface FreeUse {
  readonly name: string;
  readonly start: number;
  /** It is the operand of `typeof`, which is harmless where nothing has that name. */
  readonly underTypeof: boolean;
  /** The member of it that is used, where no more of it is. */
  readonly member?: string | undefined;
}

/** What keeps a tree from meaning the same somewhere else. */
export interface Obstacle {
  readonly what: 'this' | 'super' | 'arguments' | 'import.meta' | 'private';
  /** As it is written: `this`, `#count`. */
  readonly text: string;
  readonly start: number;
}

/** An `import()` (or a tool's rewriting of one) whose specifier is written out. */
export interface LiteralImport {
  readonly specifier: string;
  /** Of the literal with its quotes. */
  readonly start: number;
  readonly end: number;
}

export interface Walked {
  readonly free: readonly FreeUse[];
  /** Names that are bound outside the tree and set inside it. */
  readonly assigned: ReadonlyMap<string, number>;
  readonly obstacles: readonly Obstacle[];
  readonly imports: readonly LiteralImport[];
}

/** vitest's name for `import()` inside a function. */
export const VITE_DYNAMIC_IMPORT = '__vite_ssr_dynamic_import__';

/** Walks a tree that was parsed as strict code. */
export function walk(root: AnyNode): Walked {
  const walker = new Walker();
  walker.visit(root, new Scope(undefined));
  return walker;
}

class Scope {
  readonly #names = new Set<string>();
  constructor(readonly parent: Scope | undefined) {}

  declare(name: string): void {
    this.#names.add(name);
  }

  binds(name: string): boolean {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      if (scope.#names.has(name)) return true;
    }
    return false;
  }
}

class Walker implements Walked {
  readonly free: FreeUse[] = [];
  readonly obstacles: Obstacle[] = [];
  readonly imports: LiteralImport[] = [];
  /** By their first offset. */
  readonly assigned = new Map<string, number>();
  /** How many functions, methods and class bodies around this point give `this` a meaning. The root's own does not count. */
  #receivers = 0;
  #insideRoot = false;
  readonly #privateNames: Set<string>[] = [];

  visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.#use(node, scope, false);
        return;
      case 'UnaryExpression':
        if (node.operator === 'typeof' && node.argument.type === 'Identifier')
          this.#use(node.argument, scope, true);
        else this.visit(node.argument, scope);
        return;
      case 'MemberExpression':
        if (node.object.type === 'Identifier' && !node.computed && node.property.type === 'Identifier') {
          this.#use(node.object, scope, false, node.property.name);
          return;
        }
        this.visit(node.object, scope);
        this.#key(node.property, node.computed, scope);
        return;
      case 'Property':
        this.#key(node.key, node.computed, scope);
        this.visit(node.value, scope);
        return;
      case 'AssignmentExpression':
        this.#set(node.left, scope);
        this.visitChildren(node, scope);
        return;
      case 'UpdateExpression':
        this.#set(node.argument as Pattern, scope);
        this.visitChildren(node, scope);
        return;
      case 'LabeledStatement':
        this.visit(node.body, scope);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
        return;
      case 'ThisExpression':
      case 'Super':
        if (this.#receivers === 0) {
          const what = node.type === 'Super' ? 'super' : 'this';
          this.obstacles.push({ what, text: what, start: node.start });
        }
        return;
      case 'PrivateIdentifier':
        if (!this.#privateNames.some((names) => names.has(node.name))) {
          this.obstacles.push({ what: 'private', text: `#${node.name}`, start: node.start });
        }
        return;
      case 'MetaProperty':
        if (node.meta.name === 'import') {
          this.obstacles.push({ what: 'import.meta', text: 'import.meta', start: node.start });
        }
        return;
      case 'ImportExpression':
        this.#literalImport(node.source);
        this.visitChildren(node, scope);
        return;
      case 'CallExpression':
        if (node.callee.type === 'Identifier' && node.callee.name === VITE_DYNAMIC_IMPORT) {
          this.#literalImport(node.arguments[0]);
        }
        this.visitChildren(node, scope);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#function(node, scope);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#class(node, scope);
        return;
      case 'VariableDeclarator':
        this.#bindingDefaults(node.id, scope);
        if (node.init) this.visit(node.init, scope);
        return;
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return;
      case 'ExportNamedDeclaration':
        if (node.declaration) this.visit(node.declaration, scope);
        else if (!node.source) for (const one of node.specifiers) this.visit(one.local, scope);
        return;
      case 'Program':
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
      case 'CatchClause':
        this.#block(node, scope);
        return;
      default:
        this.visitChildren(node, scope);
    }
  }

  visitChildren(node: AnyNode, scope: Scope): void {
    for (const child of childrenOf(node)) this.visit(child, scope);
  }

  #use(node: Identifier, scope: Scope, underTypeof: boolean, member?: string): void {
    if (scope.binds(node.name)) return;
    if (node.name === 'arguments') {
      this.obstacles.push({ what: 'arguments', text: 'arguments', start: node.start });
      return;
    }
    this.free.push({ name: node.name, start: node.start, underTypeof, member });
  }

  #set(target: Pattern, scope: Scope): void {
    for (const { name, start } of namesIn(target)) {
      if (!scope.binds(name) && !this.assigned.has(name)) this.assigned.set(name, start);
    }
  }

  #key(key: AnyNode, computed: boolean, scope: Scope): void {
    if (computed || key.type === 'PrivateIdentifier') this.visit(key, scope);
  }

  #literalImport(source: AnyNode | undefined): void {
    if (source?.type !== 'Literal' || typeof (source as Literal).value !== 'string') return;
    this.imports.push({ specifier: source.value as string, start: source.start, end: source.end });
  }

  /** A statement with a scope of its own. A `switch`'s subject and a loop's parts see it too, which changes no answer but TDZ. */
  #block(node: AnyNode, scope: Scope): void {
    const inner = new Scope(scope);
    if (node.type === 'Program') {
      hoistVars(node.body, inner);
      hoistLexical(node.body, inner);
    } else if (node.type === 'BlockStatement') {
      hoistLexical(node.body, inner);
    } else if (node.type === 'SwitchStatement') {
      for (const one of node.cases) hoistLexical(one.consequent, inner);
    } else if (node.type === 'CatchClause') {
      if (node.param) {
        declarePattern(node.param, inner);
        this.#bindingDefaults(node.param, inner);
      }
      this.visit(node.body, inner);
      return;
    } else if (node.type === 'ForStatement') {
      if (node.init) hoistLexical([node.init], inner);
    } else if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
      hoistLexical([node.left], inner);
      if (node.left.type !== 'VariableDeclaration') this.#set(node.left, inner);
    }
    this.visitChildren(node, inner);
  }

  #function(
    node: Extract<
      AnyNode,
      { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
    >,
    scope: Scope,
  ): void {
    const arrow = node.type === 'ArrowFunctionExpression';
    // Whoever calls a travelled function gives it no receiver, so `this` in the root function itself is an obstacle.
    const receives = !arrow && this.#insideRoot;
    this.#insideRoot = true;
    if (receives) this.#receivers++;
    let around = scope;
    if (node.type === 'FunctionExpression' && node.id) {
      around = new Scope(scope);
      around.declare(node.id.name);
    }
    const params = new Scope(around);
    if (!arrow) params.declare('arguments');
    for (const param of node.params) declarePattern(param, params);
    for (const param of node.params) this.#bindingDefaults(param, params);
    // A default parameter does not see the body's variables, so the body has a scope below that of the parameters.
    const inner = new Scope(params);
    if (node.body.type === 'BlockStatement') {
      hoistVars(node.body.body, inner);
      hoistLexical(node.body.body, inner);
      for (const statement of node.body.body) this.visit(statement, inner);
    } else {
      this.visit(node.body, inner);
    }
    if (receives) this.#receivers--;
  }

  #class(node: Extract<AnyNode, { type: 'ClassDeclaration' | 'ClassExpression' }>, scope: Scope): void {
    const inner = new Scope(scope);
    if (node.id) inner.declare(node.id.name);
    this.#insideRoot = true;
    if (node.superClass) this.visit(node.superClass, inner);
    const members = node.body.body;
    this.#privateNames.push(new Set(members.flatMap(privateNameOf)));
    for (const member of members) {
      if (member.type !== 'StaticBlock') this.#key(member.key, member.computed, inner);
      this.#receivers++;
      if (member.type === 'StaticBlock') {
        const block = new Scope(inner);
        hoistVars(member.body, block);
        hoistLexical(member.body, block);
        for (const statement of member.body) this.visit(statement, block);
      } else if (member.value) {
        this.visit(member.value, inner);
      }
      this.#receivers--;
    }
    this.#privateNames.pop();
  }

  /** Visits what a binding pattern evaluates: default values and computed keys, not the names that it binds. */
  #bindingDefaults(pattern: Pattern, scope: Scope): void {
    switch (pattern.type) {
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') this.#bindingDefaults(property.argument, scope);
          else {
            this.#key(property.key, property.computed, scope);
            this.#bindingDefaults(property.value, scope);
          }
        }
        return;
      case 'ArrayPattern':
        for (const element of pattern.elements) if (element) this.#bindingDefaults(element, scope);
        return;
      case 'AssignmentPattern':
        this.#bindingDefaults(pattern.left, scope);
        this.visit(pattern.right, scope);
        return;
      case 'RestElement':
        this.#bindingDefaults(pattern.argument, scope);
    }
  }
}

function privateNameOf(member: AnyNode): string[] {
  const hasKey = member.type === 'MethodDefinition' || member.type === 'PropertyDefinition';
  return hasKey && member.key.type === 'PrivateIdentifier' ? [member.key.name] : [];
}
