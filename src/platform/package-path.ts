/** Where the package's own files are, from the sources and from dist/ alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's root: the nearest folder above this file that has a package.json. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('package.json not found above the program');
    directory = parent;
  }
  return directory;
}

/** The folder of SQL that the server itself loads. */
export function systemSqlPath(): string {
  return join(packageRoot(), 'sql');
}

/** The `varve` program, to be started again as another process. */
export function programPath(): string {
  return join(packageRoot(), 'src', 'cli', 'varve.mjs');
}
