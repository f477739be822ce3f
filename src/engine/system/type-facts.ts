/** Functions and collations of the built-in types. */
import type { Oid } from '../../types/type.ts';
import { TYPE_FUNCTIONS } from './facts/type-functions.ts';
import { factLines } from './virtual-table.ts';

export interface TypeFunctions {
  readonly input: Oid;
  readonly output: Oid;
  readonly receive: Oid;
  readonly send: Oid;
  readonly modifierInput: Oid;
  readonly modifierOutput: Oid;
  readonly analyze: Oid;
  readonly subscript: Oid;
  readonly collation: Oid;
}

/** Functions of every row type and of every array over one. */
export const RECORD_FUNCTIONS: TypeFunctions = {
  input: 2290,
  output: 2291,
  receive: 2402,
  send: 2403,
  modifierInput: 0,
  modifierOutput: 0,
  analyze: 0,
  subscript: 0,
  collation: 0,
};
export const ARRAY_FUNCTIONS: TypeFunctions = {
  input: 750,
  output: 751,
  receive: 2400,
  send: 2401,
  modifierInput: 0,
  modifierOutput: 0,
  analyze: 3816,
  subscript: 6179,
  collation: 0,
};

let facts: Map<Oid, TypeFunctions> | undefined;

/** The functions of a built-in type. */
export function typeFunctions(oid: Oid): TypeFunctions {
  facts ??= readFacts();
  return facts.get(oid) ?? RECORD_FUNCTIONS;
}

/** pg_type.typcollation: what columns of the type sort by. */
export function typeCollation(oid: Oid): Oid {
  facts ??= readFacts();
  return facts.get(oid)?.collation ?? 0;
}

function readFacts(): Map<Oid, TypeFunctions> {
  const result = new Map<Oid, TypeFunctions>();
  for (const line of factLines(TYPE_FUNCTIONS)) {
    const [
      oid,
      input,
      output,
      receive,
      send,
      modifierInput,
      modifierOutput,
      analyze,
      subscript,
      collation,
    ] = line.map(Number) as [Oid, Oid, Oid, Oid, Oid, Oid, Oid, Oid, Oid, Oid];
    result.set(oid, {
      input,
      output,
      receive,
      send,
      modifierInput,
      modifierOutput,
      analyze,
      subscript,
      collation,
    });
  }
  return result;
}
