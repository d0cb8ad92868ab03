/** @file What a shader says of its bindings: read from its source, so that nobody has to say it twice. */

export type BindingKind = 'read' | 'read_write' | 'uniform';

export interface ShaderBinding {
  readonly binding: number;
  readonly kind: BindingKind;
  readonly name: string;
}

const DECLARATION = /((?:@\w+(?:\s*\([^)]*\))?\s*)+)var\s*<\s*(\w+)\s*(?:,\s*(\w+)\s*)?>\s*(\w+)/g;

/**
 * The storage and uniform bindings of a shader, by number.
 *
 * @throws TypeError when a binding is not in group 0, or two have the same number.
 */
export function shaderBindings(label: string, source: string): ShaderBinding[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
  const found: ShaderBinding[] = [];
  for (const [, attributes = '', space, access, name = ''] of code.matchAll(DECLARATION)) {
    const group = /@group\s*\(\s*(\d+)\s*\)/.exec(attributes)?.[1];
    const binding = /@binding\s*\(\s*(\d+)\s*\)/.exec(attributes)?.[1];
    if (group === undefined || binding === undefined) continue;
    if (group !== '0')
      throw new TypeError(`${label}: ${name} is in group ${group}; all bindings go in group 0`);
    if (space !== 'storage' && space !== 'uniform')
      throw new TypeError(`${label}: ${name} is var<${space}>; bindings are var<storage> or var<uniform>`);
    const kind =
      space === 'uniform' ? 'uniform' : access === undefined || access === 'read' ? 'read' : 'read_write';
    found.push({ binding: Number(binding), kind, name });
  }
  found.sort((a, b) => a.binding - b.binding);
  for (const [at, { binding, name }] of found.entries()) {
    if (found[at - 1]?.binding === binding)
      throw new TypeError(`${label}: ${found[at - 1]?.name} and ${name} have the same binding ${binding}`);
  }
  if (found.filter(({ kind }) => kind === 'uniform').length > 1)
    throw new TypeError(`${label}: at most one binding is var<uniform>; put its parts in a struct`);
  return found;
}

/** The name of the shader's first compute entry point. */
export function entryPoint(label: string, source: string): string {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
  const name = /@compute\b(?:\s*@\w+(?:\s*\([^)]*\))?)*\s*fn\s+(\w+)|@compute[\s\S]*?\bfn\s+(\w+)/.exec(code);
  const found = name?.[1] ?? name?.[2];
  if (found === undefined) throw new TypeError(`${label}: there is no function with @compute`);
  return found;
}
