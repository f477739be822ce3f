/** What pg_proc has of built-in functions beyond their signatures. */
import type { Oid } from '../../types/type.ts';
import { ROUTINE_FACTS } from './facts/routines.ts';
import { factLines } from './virtual-table.ts';

export interface RoutineFact {
  /** pg_proc.prosrc, undefined where it is the function's name. */
  readonly source: string | undefined;
  readonly parallel: string;
  readonly leakproof: boolean;
  readonly cost: number;
  readonly rows: number;
}

let facts: Map<Oid, RoutineFact> | undefined;

/** Facts of the function with PostgreSQL's OID; undefined for ordinary ones and for our own. */
export function routineFact(oid: Oid): RoutineFact | undefined {
  facts ??= readFacts();
  return facts.get(oid);
}

function readFacts(): Map<Oid, RoutineFact> {
  const result = new Map<Oid, RoutineFact>();
  for (const [oid, source, letters, cost, rows] of factLines(ROUTINE_FACTS)) {
    result.set(Number(oid), {
      source: source === '=' ? undefined : source,
      parallel: (letters as string)[0] as string,
      leakproof: (letters as string)[1] === 'l',
      cost: Number(cost),
      rows: Number(rows),
    });
  }
  return result;
}
