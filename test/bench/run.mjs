/**
 * `npm run bench`: installs what only the bench needs, builds Varve and the bench, runs it from the
 * package's root.
 */
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build as buildVarve } from '../../src/cli/build.mjs';

const directory = fileURLToPath(new URL('.', import.meta.url));

function install() {
  const installed = `${directory}node_modules/.package-lock.json`;
  const wanted = Object.entries(
    JSON.parse(readFileSync(`${directory}package.json`, 'utf8')).dependencies,
  );
  const has = ([name, version]) => {
    const file = `${directory}node_modules/${name}/package.json`;
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  };
  if (existsSync(installed) && wanted.every(has)) return;
  console.log('installing what only the bench needs into test/bench');
  // Not `npm ci`: it wants chdb's libraries for other platforms in the lock file, and not all of those
  // are in the registry. The versions and hashes of the lock file hold all the same.
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: directory,
    stdio: 'inherit',
  });
  if (status !== 0) console.log('npm install failed in test/bench: its systems are left out');
}

install();
await buildVarve();
for (const [entry, name] of [
  ['main.ts', 'bench'],
  ['systems/worker.ts', 'worker'],
]) {
  await build({
    entryPoints: [directory + entry],
    outfile: `${directory}${name}.bundle.mjs`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
  });
}
await import(`${directory}bench.bundle.mjs`);
