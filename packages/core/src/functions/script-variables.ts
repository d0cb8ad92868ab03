/**
 * @file Which variables of a script may change once they are there. By scope and not by name alone: in minified code the
 * same few letters are set everywhere.
 */
import type { AnyNode, Pattern, Program } from 'acorn';
import { VARIABLES } from './evaluate.js';
import { childrenOf, type Declares, declarePattern, hoistLexical, hoistVars, namesIn } from './syntax.js';

interface Variable {
  changes: boolean;
  /** How many declarations give it a value: `var` may be declared again. */
  given: number;
}

/** A part of the script with variables of its own. */
class Region implements Declares {
  readonly variables = new Map<string, Variable>();
  readonly inner: Region[] = [];

  constructor(
    readonly start: number,
    readonly end: number,
    readonly around: Region | undefined,
  ) {
    around?.inner.push(this);
  }

  declare(name: string): void {
    if (!this.variables.has(name)) this.variables.set(name, { changes: false, given: 0 });
  }

  find(name: string): Variable | undefined {
    for (let region: Region | undefined = this; region; region = region.around) {
      const variable = region.variables.get(name);
      if (variable !== undefined) return variable;
    }
    return undefined;
  }

  /** The innermost region around an offset. */
  at(offset: number): Region {
    let region: Region = this;
    for (;;) {
      const { inner } = region;
      let low = 0;
      let high = inner.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((inner[middle] as Region).end <= offset) low = middle + 1;
        else high = middle;
      }
      const next = inner[low];
      if (next === undefined || next.start > offset) return region;
      region = next;
    }
  }
}

export class ScriptVariables {
  private readonly root: Region;

  constructor(program: Program) {
    this.root = new Region(program.start, program.end, undefined);
    hoistVars(program.body, this.root);
    hoistLexical(program.body, this.root);
    for (const statement of program.body) visit(statement, this.root, false);
  }

  /** Whether what `name` means at an offset may be set again. Unknown names may. */
  mayChange(name: string, offset: number): boolean {
    return this.root.at(offset).find(name)?.changes ?? true;
  }
}

/** `again`: the code here may run several times with the same variables. */
function visit(node: AnyNode, region: Region, again: boolean): void {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const inner = new Region(node.start, node.end, region);
      if (node.type === 'FunctionExpression' && node.id) inner.declare(node.id.name);
      for (const param of node.params) declarePattern(param, inner);
      if (node.body.type === 'BlockStatement') {
        hoistVars(node.body.body, inner);
        hoistLexical(node.body.body, inner);
      }
      visitAll(node, inner, false);
      return;
    }
    case 'ClassDeclaration':
    case 'ClassExpression': {
      const inner = new Region(node.start, node.end, region);
      if (node.id) inner.declare(node.id.name);
      visitAll(node, inner, again);
      return;
    }
    case 'BlockStatement':
      visitAll(node, withLexical(node, node.body, region), again);
      return;
    case 'StaticBlock': {
      const inner = withLexical(node, node.body, region);
      hoistVars(node.body, inner);
      visitAll(node, inner, again);
      return;
    }
    case 'SwitchStatement':
      visitAll(
        node,
        withLexical(
          node,
          node.cases.flatMap(({ consequent }) => consequent),
          region,
        ),
        again,
      );
      return;
    case 'CatchClause': {
      const inner = new Region(node.start, node.end, region);
      if (node.param) declarePattern(node.param, inner);
      visitAll(node, inner, again);
      return;
    }
    case 'ForStatement':
      visitAll(node, withLexical(node, node.init ? [node.init] : [], region), true);
      return;
    case 'ForInStatement':
    case 'ForOfStatement': {
      const inner = withLexical(node, [node.left], region);
      if (node.left.type !== 'VariableDeclaration') change(node.left, inner);
      else if (node.left.kind === 'var') for (const { id } of node.left.declarations) change(id, inner);
      visitAll(node, inner, true);
      return;
    }
    case 'WhileStatement':
    case 'DoWhileStatement':
      visitAll(node, region, true);
      return;
    case 'VariableDeclaration':
      if (node.kind === 'var') {
        for (const { id, init } of node.declarations) if (init) give(id, region, again);
      }
      visitAll(node, region, again);
      return;
    case 'AssignmentExpression':
      // How a closure that travelled gets its variables, before it runs.
      if (node.right.type !== 'Identifier' || node.right.name !== VARIABLES) change(node.left, region);
      visitAll(node, region, again);
      return;
    case 'UpdateExpression':
      change(node.argument as Pattern, region);
      return;
    default:
      visitAll(node, region, again);
  }
}

function visitAll(node: AnyNode, region: Region, again: boolean): void {
  for (const child of childrenOf(node)) visit(child, region, again);
}

function withLexical({ start, end }: AnyNode, statements: readonly AnyNode[], around: Region): Region {
  const region = new Region(start, end, around);
  hoistLexical(statements, region);
  return region;
}

function change(target: Pattern, region: Region): void {
  for (const { name } of namesIn(target)) {
    const variable = region.find(name);
    if (variable !== undefined) variable.changes = true;
  }
}

function give(target: Pattern, region: Region, again: boolean): void {
  for (const { name } of namesIn(target)) {
    const variable = region.find(name);
    if (variable === undefined) continue;
    variable.given++;
    if (again || variable.given > 1) variable.changes = true;
  }
}
