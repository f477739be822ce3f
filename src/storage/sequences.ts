/**
 * Sequences: counters in memory. The log runs ahead of them by some values, so that a crash skips values
 * but never hands one out twice; a commit that uses a value lies behind the reservation in the log.
 */
import type { SequenceDescriptor } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { Oid } from '../types/type.ts';
import { toInt64, type Int64 } from '../types/value.ts';
import type { SequenceMove } from './txn/commit-record.ts';

/** Values that one log record reserves. */
const RESERVED_VALUES = 32n;

interface SequenceState {
  descriptor: SequenceDescriptor;
  lastValue: bigint;
  isCalled: boolean;
  /** Values that may still be handed out before the log must move on. */
  reserved: bigint;
}

/** The counter of a sequence that a transaction restarted: its own until it commits. */
export interface RestartedSequence {
  lastValue: bigint;
  isCalled: boolean;
}

export class Sequences {
  readonly #states = new Map<Oid, SequenceState>();
  /** Puts a move into the log, behind what is there. */
  readonly #log: (move: SequenceMove) => void;

  constructor(log: (move: SequenceMove) => void) {
    this.#log = log;
  }

  /** Makes a sequence known, or changes its parameters. A known one keeps its value. */
  define(descriptor: SequenceDescriptor): void {
    const state = this.#states.get(descriptor.oid);
    if (state !== undefined) {
      state.descriptor = descriptor;
      state.reserved = 0n;
      return;
    }
    const lastValue = BigInt(descriptor.start);
    this.#states.set(descriptor.oid, { descriptor, lastValue, isCalled: false, reserved: 0n });
  }

  drop(oid: Oid): void {
    this.#states.delete(oid);
  }

  has(oid: Oid): boolean {
    return this.#states.has(oid);
  }

  /** Takes over a state from the store or the log. */
  restore(move: SequenceMove): void {
    const state = this.#states.get(move.oid);
    if (state === undefined) return;
    state.lastValue = BigInt(move.lastValue);
    state.isCalled = move.isCalled;
    state.reserved = 0n;
  }

  next(oid: Oid): Int64 {
    const state = this.#known(oid);
    const value = state.isCalled ? followingValue(state) : state.lastValue;
    state.lastValue = value;
    state.isCalled = true;
    if (state.reserved > 0n) {
      state.reserved--;
    } else {
      state.reserved = RESERVED_VALUES - 1n;
      this.#log({ oid, lastValue: String(reservedValue(state)), isCalled: true });
    }
    return toInt64(value);
  }

  set(oid: Oid, value: Int64, isCalled: boolean): void {
    const state = this.#known(oid);
    state.lastValue = BigInt(value);
    state.isCalled = isCalled;
    state.reserved = 0n;
    this.#log(this.#exactMove(state));
  }

  /** A counter of its own for a transaction, from which `nextRestarted` takes values. */
  restart(oid: Oid, value: Int64): RestartedSequence {
    this.#known(oid);
    return { lastValue: BigInt(value), isCalled: false };
  }

  nextRestarted(oid: Oid, counter: RestartedSequence): Int64 {
    const { descriptor } = this.#known(oid);
    const { lastValue, isCalled } = counter;
    counter.lastValue = isCalled ? followingValue({ descriptor, lastValue }) : lastValue;
    counter.isCalled = true;
    return toInt64(counter.lastValue);
  }

  /** Makes a restarted counter everybody's. Its commit record, which has its state, is in the log. */
  adopt(oid: Oid, { lastValue, isCalled }: RestartedSequence): void {
    this.restore({ oid, lastValue: String(lastValue), isCalled });
  }

  state(oid: Oid): { lastValue: Int64; isCalled: boolean } {
    const state = this.#known(oid);
    return { lastValue: toInt64(state.lastValue), isCalled: state.isCalled };
  }

  /** The state as it is, for the commit that creates the sequence. Ends its reservation. */
  exactMove(oid: Oid): SequenceMove {
    const state = this.#known(oid);
    state.reserved = 0n;
    return this.#exactMove(state);
  }

  /** Logs the exact state of every sequence that has reserved more than it used. */
  logExact(): void {
    for (const state of this.#states.values()) {
      if (state.reserved === 0n) continue;
      state.reserved = 0n;
      this.#log(this.#exactMove(state));
    }
  }

  #exactMove(state: SequenceState): SequenceMove {
    return {
      oid: state.descriptor.oid,
      lastValue: String(state.lastValue),
      isCalled: state.isCalled,
    };
  }

  #known(oid: Oid): SequenceState {
    const state = this.#states.get(oid);
    if (state === undefined) {
      throw dbError('undefined_table', `sequence with OID ${oid} does not exist`);
    }
    return state;
  }
}

function followingValue({
  descriptor,
  lastValue,
}: Pick<SequenceState, 'descriptor' | 'lastValue'>): bigint {
  const increment = BigInt(descriptor.increment);
  const maximum = BigInt(descriptor.maximum);
  const minimum = BigInt(descriptor.minimum);
  const value = lastValue + increment;
  if (increment > 0n && value > maximum) {
    if (descriptor.cycle) return minimum;
    throw limitReached('maximum', descriptor.name, maximum);
  }
  if (increment < 0n && value < minimum) {
    if (descriptor.cycle) return maximum;
    throw limitReached('minimum', descriptor.name, minimum);
  }
  return value;
}

function limitReached(bound: string, name: string, limit: bigint): Error {
  return dbError('sequence_generator_limit_exceeded', {
    message: `nextval: reached ${bound} value of sequence "${name}" (${limit})`,
  });
}

/** Where the counter can be when the reservation is used up; a cycle may repeat values anyway. */
function reservedValue({ descriptor, lastValue }: SequenceState): bigint {
  const increment = BigInt(descriptor.increment);
  const value = lastValue + increment * (RESERVED_VALUES - 1n);
  const maximum = BigInt(descriptor.maximum);
  const minimum = BigInt(descriptor.minimum);
  if (increment > 0n && value > maximum) return maximum;
  if (increment < 0n && value < minimum) return minimum;
  return value;
}
