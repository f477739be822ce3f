/**
 * Before any test: the compiled kernels, fresh, and a directory for all temporary ones, which goes away after
 * the last, however the processes of tests end. VARVE_TMPDIR names the directory above it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { areKernelsStale, buildKernels } from '../../src/cli/build.mjs';

export default async function setup(): Promise<() => void> {
  if (areKernelsStale()) await buildKernels();
  const above = tmpdir();
  const directory = mkdtempSync(join(above, 'varve-test-'));
  process.env['VARVE_TMPDIR'] = above;
  process.env['TMPDIR'] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
