/**
 * Makes dist/: main.js (the command line), embed.js (the library), one file per worker, and kernels.wasm.
 * Packages stay outside the bundles. Run as a program it always builds.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SOURCE = join(ROOT, 'src');
const ASSEMBLY = join(SOURCE, 'kernels', 'assembly');
const DIST = join(ROOT, 'dist');

/** True where dist/ is missing or older than a source file. */
export function isStale() {
  const main = join(DIST, 'main.js');
  if (!existsSync(join(DIST, 'embed.js')) || areKernelsStale()) return true;
  return isOlder(main, sourceFiles(SOURCE));
}

/** True where dist/kernels.wasm is missing or older than a kernel. */
export function areKernelsStale() {
  return isOlder(join(DIST, 'kernels.wasm'), sourceFiles(ASSEMBLY));
}

function isOlder(product, sources) {
  if (!existsSync(product)) return true;
  const made = statSync(product).mtimeMs;
  return sources.some((file) => statSync(file).mtimeMs > made);
}

/** Compiles the kernels to dist/kernels.wasm. They take their memory, shared, from outside. */
export async function buildKernels() {
  const { main: compile } = await import('assemblyscript/asc');
  mkdirSync(DIST, { recursive: true });
  // Another process may read the old file or build at once: a name of our own, then moved over.
  const out = join(DIST, `.kernels-${process.pid}.wasm`);
  const { error, stderr } = await compile([
    join(ASSEMBLY, 'index.ts'),
    ...['--outFile', out, '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert'],
    ...['--enable', 'simd', '--enable', 'threads', '--importMemory', '--sharedMemory'],
    ...['--initialMemory', '64', '--maximumMemory', '65536', '--stackSize', '0'],
  ]);
  if (error) throw new Error(`kernels: ${error.message}\n${stderr.toString()}`);
  renameSync(out, join(DIST, 'kernels.wasm'));
}

export async function build() {
  if (areKernelsStale()) await buildKernels();
  const { build: bundle } = await import('esbuild');
  const entries = ['main.ts', 'embed.ts']
    .map((name) => join(SOURCE, name))
    .filter((file) => existsSync(file));
  const workers = sourceFiles(SOURCE).filter((file) => file.endsWith('-worker.ts'));
  // Two processes may build at once, so each writes a folder of its own and moves the files over.
  const out = join(DIST, `.building-${process.pid}`);
  mkdirSync(out, { recursive: true });
  try {
    await bundle({
      entryPoints: [...entries, ...workers].map((file) => ({
        in: file,
        out: basename(file, '.ts'),
      })),
      outdir: out,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      sourcemap: true,
      define: { VARVE_BUILD: JSON.stringify(`${Date.now()}-${process.pid}`) },
      logLevel: 'error',
    });
    // main.js last: its age tells whether dist/ is fresh.
    const names = readdirSync(out).sort(
      (a, b) => Number(a === 'main.js') - Number(b === 'main.js'),
    );
    for (const name of names) renameSync(join(out, name), join(DIST, name));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function sourceFiles(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
