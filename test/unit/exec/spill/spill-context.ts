/** Contexts whose operators spill into a folder of their own, real or failing. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk, Log } from '../../../../src/base/env.ts';
import { TemporarySpace } from '../../../../src/exec/spill/temporary-space.ts';
import type { ExecContext } from '../../../../src/exec/operator.ts';
import { createNodeDisk } from '../../../../src/platform/node-disk.ts';
import { testContext } from '../support.ts';

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface SpillWorld {
  /** A statement's context with so much memory. */
  context(workMemoryBytes: number, extra?: Partial<ExecContext>): ExecContext;
  /** Names of the temporary files that are there. */
  files(): string[];
  close(): void;
}

export async function spillWorld(
  options: { readonly disk?: Disk; readonly limitBytes?: number } = {},
): Promise<SpillWorld> {
  const path = mkdtempSync(join(tmpdir(), 'varve-spill-'));
  const disk = options.disk ?? createNodeDisk();
  const space = await TemporarySpace.open({ disk, log: SILENT }, path);
  return {
    context: (bytes, extra) =>
      testContext({
        workMemoryBytes: bytes,
        hashMemoryBytes: bytes,
        temporaryFiles: space.forStatement(7, () => options.limitBytes ?? Infinity),
        ...extra,
      }),
    files: () => readdirSync(join(path, 'pgsql_tmp')),
    close: () => rmSync(path, { recursive: true }),
  };
}
