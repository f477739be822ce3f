/**
 * Records what PostgreSQL 15 answers, into expected/*.out. Start one with a database to throw away (its
 * schema public is dropped over and over), then
 *
 *     VARVE_ISOLATION_RECORD=postgres://postgres@127.0.0.1:5432/postgres npx vitest run test/isolation
 */
import { writeFile } from 'node:fs/promises';
import { postgresServer } from './postgres-server.ts';
import { runPermutation } from './run-permutation.ts';
import type { Spec } from './spec-file.ts';

export async function recordSpec(url: string, spec: Spec, path: string): Promise<void> {
  const server = await postgresServer(url);
  try {
    const blocks: string[] = [];
    for (const permutation of spec.permutations) {
      const lines = await runPermutation(server, spec, permutation);
      blocks.push([permutation.key, ...lines.map((line) => `  ${line}`)].join('\n'));
    }
    await writeFile(path, `${blocks.join('\n')}\n`);
  } finally {
    await server.close();
  }
}
