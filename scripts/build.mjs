/**
 * Builds every package, example and the bench: `tsc -b` for all of them in one call, then one file per entry for the
 * packages that are loaded at start (see `bundleEntries`). tsc's own output stays beside the bundles in `dist/`, so
 * that tsc can tell what has changed. Nothing changed: nothing is started.
 *
 * `node scripts/build.mjs [--force] [FOLDER…]`; with folders only these and what they refer to.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, run, step } from './lib/command.mjs';
import { withLock } from './lib/lock.mjs';
import { bundleEntries, cacheDir, filesBelow, projects, root, short } from './lib/workspace.mjs';

const stampFile = join(cacheDir, 'build-stamp');

/**
 * @param {{ force?: boolean, only?: string[] }} options
 * @throws `CommandError` with tsc's messages. What could be emitted is there all the same.
 */
export async function build({ force = false, only = [] } = {}) {
  mkdirSync(cacheDir, { recursive: true });
  // Several commands may be started at once in one checkout; the second finds the work done.
  await withLock(join(cacheDir, 'build.lock'), async () => {
    const buildable = projects().filter(isBuildable(only));
    const stamp = buildStamp(buildable);
    if (!force && only.length === 0 && isUpToDate(buildable, stamp)) return;
    await step('built', async () => {
      // A package with errors keeps no other from being built.
      const failures = [];
      await compile(buildable, force).catch((error) => failures.push(error));
      for (const project of buildable) await bundle(project).catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    });
    if (only.length === 0) writeFileSync(stampFile, stamp);
  });
}

function isBuildable(only) {
  const chosen = only.map((folder) => resolve(root, folder));
  return ({ dir, sources }) =>
    sources.length > 0 &&
    existsSync(join(dir, 'tsconfig.json')) &&
    (chosen.length === 0 || chosen.includes(dir));
}

function isUpToDate(buildable, stamp) {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) return false;
  return buildable.every(
    (project) =>
      existsSync(join(project.dir, 'dist', '.tsbuildinfo')) &&
      bundleEntries(project).every((name) => existsSync(join(project.dir, 'dist/bundle', `${name}.js`))),
  );
}

/** Paths, sizes and times of everything the output depends on. */
function buildStamp(buildable) {
  const hash = createHash('sha256');
  const files = [
    ...filesBelow(join(root, 'scripts')),
    join(root, 'tsconfig.base.json'),
    join(root, 'pnpm-lock.yaml'),
    ...buildable.flatMap(({ dir, sources }) => [
      join(dir, 'package.json'),
      join(dir, 'tsconfig.json'),
      ...sources,
    ]),
  ];
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${short(file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

async function compile(buildable, force) {
  const folders = buildable.map(({ dir }) => short(dir));
  await run([...bin('typescript', 'tsc'), '-b', ...(force ? ['--force'] : []), ...folders], { quiet: true });
}

async function bundle(project) {
  const entries = bundleEntries(project);
  if (entries.length === 0) return;
  const { build: esbuild } = await import('esbuild');
  const dist = join(project.dir, 'dist');
  const outdir = join(dist, 'bundle');
  const { outputFiles } = await esbuild({
    absWorkingDir: project.dir,
    // From tsc's output, so that types and code come from one compiler; its source maps are followed back to src.
    entryPoints: entries.map((name) => ({ in: join(dist, `${name}.js`), out: name })),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    external: ['node:*', '#*'],
    chunkNames: 'chunk-[hash]',
    sourcemap: 'linked',
    // Functions travel to other threads as source text, so names and bodies stay as they were written.
    minify: false,
    keepNames: false,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
  removeOthers(outdir, new Set(outputFiles.map(({ path }) => path)));
}

/** Whole or not at all: a program that starts meanwhile never reads half a file. */
function replaceFile(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

function removeOthers(folder, keep) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!keep.has(path) && ![...keep].some((kept) => kept.startsWith(`${path}/`)))
      rmSync(path, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const args = process.argv.slice(2);
    await build({ force: args.includes('--force'), only: args.filter((arg) => !arg.startsWith('-')) });
  } catch (error) {
    console.error(error.name === 'CommandError' ? error.output.trimEnd() : error);
    process.exitCode = 1;
  }
}
