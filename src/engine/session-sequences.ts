/** nextval, currval, lastval and setval for one session. */
import type { SequenceDescriptor } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { SequenceAccess } from '../functions/function.ts';
import type { Oid } from '../types/type.ts';
import type { Int64 } from '../types/value.ts';
import type { SessionContext } from './session-context.ts';

export function sessionSequences(session: SessionContext): SequenceAccess {
  const current = new Map<Oid, Int64>();
  let last: Oid | undefined;
  const nameOf = (sequence: Oid): string =>
    session.catalog().relation(sequence)?.name ?? String(sequence);
  const mustBeSequence = (sequence: Oid): SequenceDescriptor => {
    const relation = session.catalog().relation(sequence);
    if (relation === undefined) {
      throw dbError('undefined_table', `relation with OID ${sequence} does not exist`);
    }
    if (relation.kind !== 'sequence') {
      throw dbError('wrong_object_type', `"${relation.name}" is not a sequence`);
    }
    return relation;
  };
  return {
    nextValue(sequence) {
      const value = session.database.storage.sequenceNext(
        mustBeSequence(sequence),
        session.transaction.current(),
      );
      current.set(sequence, value);
      last = sequence;
      return value;
    },
    currentValue(sequence) {
      mustBeSequence(sequence);
      const value = current.get(sequence);
      if (value !== undefined) return value;
      throw dbError(
        'object_not_in_prerequisite_state',
        `currval of sequence "${nameOf(sequence)}" is not yet defined in this session`,
      );
    },
    lastValue() {
      const value = last === undefined ? undefined : current.get(last);
      if (value !== undefined) return value;
      throw dbError(
        'object_not_in_prerequisite_state',
        'lastval is not yet defined in this session',
      );
    },
    setValue(sequence, value, isCalled) {
      const { name, minimum, maximum } = mustBeSequence(sequence);
      if (BigInt(value) < BigInt(minimum) || BigInt(value) > BigInt(maximum)) {
        throw dbError(
          'numeric_value_out_of_range',
          `setval: value ${value} is out of bounds for sequence "${name}" (${minimum}..${maximum})`,
        );
      }
      session.transaction.current().setSequence(sequence, value, isCalled);
      if (isCalled) current.set(sequence, value);
    },
  };
}
