/**
 * Functions that only the system itself calls: input and output of types, casts, handlers. They have rows
 * in pg_proc and names for regproc, because clients ask for them (`typinput = 'array_in'::regproc`).
 */
import type { Oid } from '../../types/type.ts';
import { SUPPORT_FUNCTIONS } from './facts/support-functions.ts';
import { factLines } from './virtual-table.ts';

export interface SupportFunction {
  readonly oid: Oid;
  readonly name: string;
  readonly argTypes: readonly Oid[];
  readonly returnType: Oid;
  readonly volatility: string;
  readonly parallel: string;
  readonly strict: boolean;
  readonly leakproof: boolean;
}

interface Index {
  readonly all: readonly SupportFunction[];
  readonly byOid: ReadonlyMap<Oid, SupportFunction>;
  readonly byName: ReadonlyMap<string, readonly SupportFunction[]>;
}

let index: Index | undefined;

function load(): Index {
  if (index !== undefined) return index;
  const all = factLines(SUPPORT_FUNCTIONS).map(
    ([oid, name, args, returnType, flags]): SupportFunction => {
      const letters = flags as string;
      return {
        oid: Number(oid),
        name: name as string,
        argTypes: args === '-' ? [] : (args as string).split(',').map(Number),
        returnType: Number(returnType),
        volatility: letters[0] as string,
        parallel: letters[1] as string,
        strict: letters[2] === 's',
        leakproof: letters[3] === 'l',
      };
    },
  );
  const byName = new Map<string, SupportFunction[]>();
  for (const fn of all) {
    const overloads = byName.get(fn.name);
    if (overloads === undefined) byName.set(fn.name, [fn]);
    else overloads.push(fn);
  }
  return (index = { all, byName, byOid: new Map(all.map((fn) => [fn.oid, fn])) });
}

/** All of them. */
export function supportFunctions(): readonly SupportFunction[] {
  return load().all;
}

/** The one with this OID. */
export function supportFunctionByOid(oid: Oid): SupportFunction | undefined {
  return load().byOid.get(oid);
}

/** Those with this name. */
export function supportFunctionsNamed(name: string): readonly SupportFunction[] {
  return load().byName.get(name) ?? [];
}
