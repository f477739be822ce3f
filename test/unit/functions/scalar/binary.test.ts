import { expect, it } from 'vitest';
import { builtinRegistry } from '../../../../src/functions/registry.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { evalContext } from '../../exec/support.ts';

const CALL = {
  argTypes: [OID.bytea, OID.bytea].map((oid) => sqlType(oid)),
  returnType: sqlType(OID.int4),
};

function call(name: string, ...args: readonly string[]): Value {
  const values = args.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const operators = Array.from(builtinRegistry.allOperators(), (each) => ({
    ...each.fn,
    name: each.name,
  }));
  const found = [...builtinRegistry.all(), ...operators].find(
    (fn) => fn.name === name && fn.argTypes.length === args.length && fn.argTypes[0] === OID.bytea,
  );
  if (found?.kind !== 'scalar') throw new Error(`no function ${name}`);
  return found.evaluate(values, evalContext, CALL);
}

it('finds bytes in bytes, as PostgreSQL does', () => {
  expect(call('position', '00ff80', 'ff80')).toBe(2);
  expect(call('position', '00ff80', 'ff00')).toBe(0);
  expect(call('position', '00ff80', '')).toBe(1);
  expect(call('position', '', '')).toBe(1);
  expect(call('position', '', '00')).toBe(0);
});

it('counts bits', () => {
  expect(call('bit_count', '')).toBe(0);
  expect(call('bit_count', '00ff8001')).toBe(10);
});

it('takes LIKE over bytes, zero bytes and those above 127 included', () => {
  expect(call('~~', '00ff8041', 'ff25')).toBe(false);
  expect(call('~~', '00ff8041', '25ff5f41')).toBe(true);
  expect(call('!~~', '00ff8041', '25ff5f41')).toBe(false);
});
