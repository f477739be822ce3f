#!/usr/bin/env node
/** The `varve` program: runs dist/main.js, which a checkout builds when the sources are newer. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isStale, ROOT } from './build.mjs';

// A published package has dist/ and no bundler; a checkout has its tests beside the sources.
const isCheckout = existsSync(join(ROOT, 'tsconfig.json'));
if (isCheckout && isStale()) {
  await build().catch((error) => {
    process.stderr.write(
      `varve: could not build dist/: ${String(error.message).split('\n', 1)[0]}\n`,
    );
    process.exit(1);
  });
}
process.setSourceMapsEnabled(true);
await import(pathToFileURL(join(ROOT, 'dist', 'main.js')).href);
