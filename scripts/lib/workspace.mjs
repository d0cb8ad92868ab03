/** What the workspace consists of. Nothing is listed by hand: a new folder with a manifest is a new project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const cacheDir = join(root, '.cache');

/** Every file below `folder` whose path `keep` accepts, sorted; dependencies and outputs are never entered. */
export function filesBelow(folder, keep = () => true) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== 'dist') found.push(...filesBelow(path, keep));
    } else if (keep(path)) found.push(path);
  }
  return found.sort();
}

const isTest = (path) => /\.test(-d)?\.ts$/.test(path);

/** `{ name, dir, manifest, sources }` of the packages, the examples and the bench, in a fixed order. */
export function projects() {
  const folders = [...subfolders('packages'), ...subfolders('examples'), 'bench'];
  return folders
    .map((dir) => join(root, dir))
    .filter((dir) => existsSync(join(dir, 'package.json')))
    .map((dir) => {
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
      const sources = filesBelow(join(dir, 'src'), (path) => path.endsWith('.ts') && !isTest(path));
      return { name: manifest.name, dir, manifest, sources };
    });
}

/** Packages that are published. */
export function publicPackages() {
  return projects().filter(
    ({ dir, manifest }) => dir.startsWith(join(root, 'packages')) && !manifest.private,
  );
}

/**
 * The names of a package's bundles: every `./dist/bundle/NAME.js` in its `exports` (public entries) or `imports`
 * (private ones, such as `"#worker"`).
 */
export function bundleEntries({ manifest }) {
  const names = new Set();
  const visit = (value) => {
    if (typeof value === 'string') {
      const match = /^\.\/dist\/bundle\/(.+)\.js$/.exec(value);
      if (match) names.add(match[1]);
    } else if (value && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(manifest.exports);
  visit(manifest.imports);
  return [...names].sort();
}

/** A path as messages show it. */
export const short = (path) => relative(root, path);

function subfolders(parent) {
  const dir = join(root, parent);
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name))
    .sort();
}
