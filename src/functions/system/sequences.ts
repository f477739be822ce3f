/** nextval and its kin, and pg_get_serial_sequence. */
import { liveColumns } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { Oid } from '../../types/type.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, ScalarFunction } from '../function.ts';
import { qualifiedName, relationNamed } from './names.ts';

function checkSequence(oid: Oid, context: EvalContext): Oid {
  const relation = context.catalog.relation(oid);
  if (relation === undefined) {
    throw dbError('undefined_table', `could not open relation with OID ${oid}`);
  }
  if (relation.kind !== 'sequence') {
    throw dbError('wrong_object_type', `"${relation.name}" is not a sequence`);
  }
  return oid;
}

function setValue(oid: Oid, value: Int64, isCalled: boolean, context: EvalContext): Int64 {
  context.sequences.setValue(checkSequence(oid, context), value, isCalled);
  return value;
}

function serialSequence(
  tableName: string,
  columnName: string,
  context: EvalContext,
): string | null {
  const relation = relationNamed(tableName, context);
  const columns =
    relation.kind === 'index' || relation.kind === 'sequence' ? [] : liveColumns(relation);
  const column = columns.find(({ name }) => name === columnName);
  if (column === undefined) {
    throw dbError(
      'undefined_column',
      `column "${columnName}" of relation "${relation.name}" does not exist`,
    );
  }
  for (const sequence of context.catalog.relations()) {
    if (sequence.kind !== 'sequence') continue;
    const isOwned =
      sequence.ownedBy?.table === relation.oid && sequence.ownedBy.column === column.attnum;
    if (isOwned || sequence.oid === column.identitySequence)
      return qualifiedName(sequence, context);
  }
  return null;
}

const VOLATILE = { volatility: 'volatile' } as const;

export const sequenceFunctions: readonly ScalarFunction[] = [
  scalar(
    'nextval(regclass) int8',
    (oid: Oid, context: EvalContext) => context.sequences.nextValue(checkSequence(oid, context)),
    VOLATILE,
  ),
  scalar(
    'currval(regclass) int8',
    (oid: Oid, context: EvalContext) => context.sequences.currentValue(checkSequence(oid, context)),
    VOLATILE,
  ),
  scalar('lastval() int8', (context: EvalContext) => context.sequences.lastValue(), VOLATILE),
  scalar(
    'setval(regclass, int8) int8',
    (oid: Oid, value: Int64, context: EvalContext) => setValue(oid, value, true, context),
    VOLATILE,
  ),
  scalar('setval(regclass, int8, bool) int8', setValue, VOLATILE),
  scalar('pg_get_serial_sequence(text, text) text', serialSequence, { volatility: 'stable' }),
];
