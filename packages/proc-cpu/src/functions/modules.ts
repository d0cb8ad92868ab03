/** @file Which modules a worker can import, and what a specifier means in a file. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Resolves as `import` does in a file. Loaded when the first bare specifier is met. */
export type ResolveImport = (specifier: string, parent: string) => string;

/** Whether a URL is that of the script which this thread was started with. */
export function isEntryScript(url: string): boolean {
  const path = pathOf(url);
  const entry = process.argv[1];
  if (path === undefined || entry === undefined) return false;
  const real = realPath(path);
  // The argument may lack the extension, which CommonJS's rules add.
  return real === realPath(entry) || real === realPath(resolveAsCommonJs(entry));
}

/** Why a worker cannot import a module, or `undefined` where it can. */
export function whyNotImportable(url: string, execArgv: readonly string[]): string | undefined {
  if (/^(?:data|https?|node):/.test(url)) return undefined;
  const path = pathOf(url);
  if (path === undefined || !existsSync(path))
    return `${url === '' ? 'its code' : url} is no file that a worker could import`;
  if (/\.[cm]?[jt]sx?$/.test(path) && !/\.[cm]?js$/.test(path) && !loadsTypeScript(execArgv)) {
    return (
      `${path} is not plain JavaScript, and the workers of this process have no loader for it. ` +
      `Start them with one (execArgv: ['--import', 'tsx']), or load what was compiled`
    );
  }
  return undefined;
}

/** Node itself since 22.18, or a loader that workers inherit by their arguments. */
function loadsTypeScript(execArgv: readonly string[]): boolean {
  if ((process.features as { typescript?: unknown }).typescript) return true;
  const words = [...process.execArgv, ...execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  return words.some((word, index) => {
    const [option, value = words[index + 1] ?? ''] = word.split('=', 2) as [string, string?];
    return (
      /^(?:--import|--require|-r|--loader|--experimental-loader)$/.test(option) &&
      /\b(?:tsx|ts-node|swc|esbuild|babel|jiti|oxc|sucrase|amaro)/.test(value)
    );
  });
}

/** Whether a specifier names a package (or an entry of one's `imports`), so that it has to be looked for. */
export const isBare = (specifier: string): boolean =>
  !isBuiltin(specifier) &&
  !isAbsolute(specifier) &&
  !/^\.{0,2}\//.test(specifier) &&
  !/^\.{1,2}$/.test(specifier);

/** A scheme has two letters at least, which tells it from a drive of Windows. */
const isAbsolute = (specifier: string): boolean => /^[a-z][a-z\d+.-]+:/i.test(specifier);

/**
 * What a specifier means in a file, as a URL that can be imported from anywhere. A bare specifier that cannot be found
 * stays what it is: the worker may have a loader that knows it.
 */
export function resolveSpecifier(specifier: string, parent: string, resolveImport: ResolveImport): string {
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  if (isAbsolute(specifier)) return specifier;
  if (/^\.\.?(?:\/|$)/.test(specifier)) return existing(new URL(specifier, parent));
  if (specifier.startsWith('/')) return rooted(specifier, parent);
  try {
    return resolveImport(specifier, parent);
  } catch {
    return specifier;
  }
}

/** A loader for TypeScript takes `./k.js` and `./k` for `k.ts`. */
function existing(url: URL): string {
  if (url.protocol !== 'file:') return url.href;
  const path = fileURLToPath(url);
  const stem = path.replace(/\.([cm]?)jsx?$/, '');
  const kind = /\.([cm])jsx?$/.exec(path)?.[1] ?? '';
  const candidates = [
    path,
    `${stem}.${kind}ts`,
    `${stem}.tsx`,
    ...['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js', '/index.cjs'].map(
      (end) => path + end,
    ),
  ];
  const found = candidates.find(isFile);
  if (found === undefined || found === path) return url.href;
  return pathToFileURL(found).href + url.search;
}

/** vite writes paths from its root, or from the disk's behind `/@fs`. */
function rooted(specifier: string, parent: string): string {
  const path = specifier.replace(/^\/@fs(?=\/)/, '').replace(/\?.*$/, '');
  const from = pathOf(parent);
  const bases = ['/', process.cwd()];
  for (let folder = from && dirname(from); folder; folder = dirname(folder)) {
    bases.push(folder);
    if (folder === dirname(folder)) break;
  }
  const found = bases.map((base) => join(base, path)).find(isFile);
  return pathToFileURL(found ?? path).href;
}

/** The path of a `file:` URL. */
export function pathOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/** What a CommonJS module that is loaded already exports. */
export function loadedCommonJs(url: string): { readonly exports: unknown } | undefined {
  const path = pathOf(url);
  return path === undefined ? undefined : createRequire(path).cache[path];
}

/** Whether Node takes a file for CommonJS, by its extension or by the package that it belongs to. */
export function isCommonJs(url: string): boolean {
  const path = pathOf(url);
  if (path === undefined || /\.m[jt]sx?$/.test(path)) return false;
  if (/\.c[jt]sx?$/.test(path)) return true;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (isFile(manifest))
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: string }).type !== 'module';
    if (folder === dirname(folder)) return true;
  }
}

/** What `require` gives in a file for a module that it has loaded already. */
export function requiredBy(url: string, specifier: string): unknown {
  const path = pathOf(url);
  if (path === undefined) return undefined;
  try {
    return createRequire(path)(specifier);
  } catch {
    return undefined;
  }
}

/** What `require` finds in a file for a specifier, as a URL. */
export function resolveRequired(url: string, specifier: string): string {
  const path = pathOf(url);
  if (path === undefined || isBuiltin(specifier))
    return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  return pathToFileURL(createRequire(path).resolve(specifier)).href;
}

function resolveAsCommonJs(path: string): string {
  try {
    return createRequire(join(process.cwd(), 'x.js')).resolve(path);
  } catch {
    return path;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
