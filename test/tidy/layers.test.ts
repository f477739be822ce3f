import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Rules over the source itself: who may import whom, and who may touch the outside world. */

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

const RANKS = new Map<string, number>([
  ['base', 0],
  ['errors', 1],
  ['platform', 1],
  ['types', 2],
  ['parse', 2],
  ['kernels', 2],
  ['vector', 3],
  ['catalog', 3],
  ['functions', 4],
  ['storage', 4],
  ['plan', 5],
  ['exec', 6],
  ['engine', 7],
  ['replication', 7],
  ['jobs', 8],
  ['pgwire', 8],
  ['http', 8],
  ['server', 9],
  ['cli', 9],
  ['console', 9],
  ['.', 10],
]);

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(directory: string): SourceFile[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    // Kernels are another language, and import only each other.
    if (path === join(SRC, 'kernels', 'assembly')) return [];
    if (entry.isDirectory()) return sources(path);
    if (!entry.name.endsWith('.ts')) return [];
    const text = readFileSync(path, 'utf8');
    const imports = [
      ...text.matchAll(
        /^(?:import|export)\s[^;]*?from\s+'([^']+)';|^import\s+'([^']+)';|\bimport\('([^']+)'\)/gm,
      ),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
    return [{ path, folder: folderOf(path), text, imports }];
  });
}

function folderOf(path: string): string {
  const [first, second] = relative(SRC, path).split('/');
  return second === undefined ? '.' : (first as string);
}

const FILES = sources(SRC);
const name = (file: SourceFile): string => relative(ROOT, file.path);

describe('the source', () => {
  it('has a rank for every folder', () => {
    expect(FILES.filter((file) => !RANKS.has(file.folder)).map(name)).toEqual([]);
  });

  it('imports only from lower ranks', () => {
    const offences = FILES.flatMap((file) =>
      file.imports
        .filter((target) => target.startsWith('.'))
        .map((target) => folderOf(resolve(dirname(file.path), target)))
        .filter((folder) => folder !== file.folder)
        .filter((folder) => (RANKS.get(folder) as number) >= (RANKS.get(file.folder) as number))
        .map((folder) => `${name(file)} imports ${folder}`),
    );
    expect(offences).toEqual([]);
  });

  it('keeps doors away from plans, operators, storage and the catalog', () => {
    const forbidden = new Set(['plan', 'exec', 'storage', 'catalog', 'functions', 'parse']);
    const offences = FILES.filter(
      (file) => file.folder === 'pgwire' || file.folder === 'http',
    ).flatMap((file) =>
      file.imports
        .filter((target) => target.startsWith('.'))
        .map((target) => resolve(dirname(file.path), target))
        .filter((target) => {
          const folder = folderOf(target);
          return (
            forbidden.has(folder) || (folder === 'engine' && !target.endsWith('engine/session.ts'))
          );
        })
        .map((target) => `${name(file)} imports ${relative(ROOT, target)}`),
    );
    expect(offences).toEqual([]);
  });

  it('keeps operators away from everything of storage but its contract', () => {
    const offences = FILES.filter((file) => file.folder === 'exec').flatMap((file) =>
      file.imports
        .map((target) => resolve(dirname(file.path), target))
        .filter(
          (target) => folderOf(target) === 'storage' && !target.endsWith('storage/storage.ts'),
        )
        .map((target) => `${name(file)} imports ${relative(ROOT, target)}`),
    );
    expect(offences).toEqual([]);
  });

  it('has no cycles between files', () => {
    const byPath = new Map(FILES.map((file) => [file.path, file]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: SourceFile, trail: readonly string[]): void => {
      if (state.get(file.path) === 'done') return;
      if (state.get(file.path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(name(file))), name(file)].join(' -> '));
        return;
      }
      state.set(file.path, 'open');
      for (const target of valueImports(file)) {
        const next = byPath.get(resolve(dirname(file.path), target));
        if (next !== undefined) visit(next, [...trail, name(file)]);
      }
      state.set(file.path, 'done');
    };
    for (const file of FILES) visit(file, []);
    // Expressions may contain queries and queries expressions: binders and operators are recursive.
    const allowed = cycles.filter((cycle) => !RECURSIVE.some((folder) => cycle.includes(folder)));
    expect(allowed).toEqual([]);
  });

  it('touches node:* only in platform, and RocksDB only in one file', () => {
    const node = FILES.filter((file) => file.folder !== 'platform' && file.folder !== 'cli')
      .filter((file) => file.imports.some((target) => target.startsWith('node:')))
      .map(name);
    expect(node).toEqual([]);
    const rocks = FILES.filter((file) => file.imports.includes('rocksdb')).map(name);
    expect(rocks).toEqual(['src/storage/kv/rocks.ts']);
  });

  it('takes time, chance and timers only through the seams', () => {
    const banned =
      /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|process\.(env|exit|hrtime|nextTick))\b/;
    const offences = FILES.filter(
      (file) => file.folder !== 'platform' && file.folder !== 'cli' && file.folder !== '.',
    )
      .filter((file) => banned.test(withoutComments(file.text)))
      .map(name);
    expect(offences).toEqual([]);
  });

  it('keeps files short', () => {
    const long = FILES.filter((file) => file.text.split('\n').length > 1000).map(name);
    expect(long).toEqual([]);
  });
});

/** Folders whose files call each other in a circle by nature. */
const RECURSIVE = [
  'src/plan/bind/',
  'src/exec/',
  'src/engine/dispatch.ts',
  'src/plan/physical/',
  'src/types/',
];

function valueImports(file: SourceFile): string[] {
  const pattern = /^(?:import|export)\s(?!type\b)[^;]*?from\s+'(\.[^']+)';/gm;
  return [...file.text.matchAll(pattern)].map((match) => match[1] as string);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}
