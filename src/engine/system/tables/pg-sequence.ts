/** pg_sequence and pg_sequences. */
import { hasPrivilege } from '../../privileges.ts';
import { catalogTable, liveTable } from '../virtual-table.ts';
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

/** pg_sequences: definitions and last values, which are NULL while a sequence was never used. */
export const pgSequences = liveTable('pg_sequences', function* (session) {
  const catalog = session.catalog();
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'sequence') continue;
    const { name, type, start, increment, maximum, minimum, cache, cycle } = relation;
    const { lastValue, isCalled } = session.database.storage.sequenceState(relation);
    const mayRead = hasPrivilege(session, relation, 'r') || hasPrivilege(session, relation, 'U');
    yield [
      catalog.schema(relation.schema)?.name ?? null,
      name,
      catalog.role(relation.owner)?.name ?? null,
      type,
      int8(start),
      int8(minimum),
      int8(maximum),
      int8(increment),
      cycle,
      cache,
      isCalled && mayRead ? lastValue : null,
    ];
  }
});
