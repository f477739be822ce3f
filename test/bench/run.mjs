/** Bundles the bench and runs it, from the package's root: `npm run bench`. */
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('.', import.meta.url));
await build({
  entryPoints: [`${directory}main.ts`],
  outfile: `${directory}bench.bundle.mjs`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
});
await import(`${directory}bench.bundle.mjs`);
