/** nextval, currval, lastval and setval for one session. */
import type { SequenceDescriptor } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { SequenceAccess } from '../functions/function.ts';
import type { Oid } from '../types/type.ts';
import type { Int64 } from '../types/value.ts';
import { temporarySchema } from './ddl/temporary.ts';
import { hasPrivilege, permissionDenied, type PrivilegeLetter } from './privileges.ts';
import type { SessionContext } from './session-context.ts';

const accesses = new WeakMap<SessionContext, SequenceAccess>();

/** currval and lastval belong to the session, so the access object must outlive the statement. */
export function sequencesOf(session: SessionContext): SequenceAccess {
  let access = accesses.get(session);
  if (access === undefined) accesses.set(session, (access = sessionSequences(session)));
  return access;
}

/** DISCARD SEQUENCES: what currval and lastval know is gone. */
export function forgetSequences(session: SessionContext): void {
  accesses.delete(session);
}

function sessionSequences(session: SessionContext): SequenceAccess {
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
  const requireAny = (sequence: SequenceDescriptor, letters: readonly PrivilegeLetter[]): void => {
    if (letters.some((letter) => hasPrivilege(session, sequence, letter))) return;
    throw permissionDenied(sequence);
  };
  const requireWritable = (descriptor: SequenceDescriptor, call: string): void => {
    const temporary = temporarySchema(session.catalog(), session.processId);
    if (!session.settings.isOn('transaction_read_only') || descriptor.schema === temporary) return;
    throw dbError(
      'read_only_sql_transaction',
      `cannot execute ${call}() in a read-only transaction`,
    );
  };
  return {
    nextValue(sequence) {
      const descriptor = mustBeSequence(sequence);
      requireWritable(descriptor, 'nextval');
      if (!feedsIdentity(session, descriptor)) requireAny(descriptor, ['U', 'w']);
      const value = session.database.storage.sequenceNext(
        descriptor,
        session.transaction.current(),
      );
      current.set(sequence, value);
      last = sequence;
      return value;
    },
    currentValue(sequence) {
      requireAny(mustBeSequence(sequence), ['U', 'r']);
      const value = current.get(sequence);
      if (value !== undefined) return value;
      throw dbError(
        'object_not_in_prerequisite_state',
        `currval of sequence "${nameOf(sequence)}" is not yet defined in this session`,
      );
    },
    lastValue() {
      const relation = session.catalog().relation(last ?? 0);
      const value = last === undefined ? undefined : current.get(last);
      if (value !== undefined && relation?.kind === 'sequence') {
        requireAny(relation, ['U', 'r']);
        return value;
      }
      throw dbError(
        'object_not_in_prerequisite_state',
        'lastval is not yet defined in this session',
      );
    },
    setValue(sequence, value, isCalled) {
      const descriptor = mustBeSequence(sequence);
      requireAny(descriptor, ['w']);
      requireWritable(descriptor, 'setval');
      const { name, minimum, maximum } = descriptor;
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

/** The sequence of an identity column serves everybody who may insert into its table. */
function feedsIdentity(session: SessionContext, { oid, ownedBy }: SequenceDescriptor): boolean {
  const table = session.catalog().relation(ownedBy?.table ?? 0);
  return (
    table?.kind === 'table' &&
    table.columns.some((column) => column.identitySequence === oid) &&
    hasPrivilege(session, table, 'a')
  );
}
