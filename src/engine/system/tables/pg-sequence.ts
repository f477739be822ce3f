/** pg_sequence, and the values of sequences that pg_sequences shows. */
import { catalogTable, type VirtualTable } from '../virtual-table.ts';
import { toInt64, type Int64 } from '../../../types/value.ts';

function int8(text: string): Int64 {
  return toInt64(BigInt(text));
}

export const pgSequence = catalogTable('pg_sequence', function* (session) {
  for (const relation of session.catalog().relations()) {
    if (relation.kind !== 'sequence') continue;
    const { oid, type, start, increment, maximum, minimum, cache, cycle } = relation;
    yield [oid, type, int8(start), int8(increment), int8(maximum), int8(minimum), cache, cycle];
  }
});

/** Last values; NULL while a sequence was never used. PostgreSQL has a function in this place. */
export const sequenceValues: VirtualTable = {
  schema: 'pg_catalog',
  name: 'varve_sequence_values',
  columns: 'seqrelid:oid last_value:int8',
  *rows(session) {
    for (const relation of session.catalog().relations()) {
      if (relation.kind !== 'sequence') continue;
      const { lastValue, isCalled } = session.database.storage.sequenceState(relation);
      yield [relation.oid, isCalled ? lastValue : null];
    }
  },
};
