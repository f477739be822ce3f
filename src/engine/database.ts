/** The one database of a server: storage, functions, sessions, and what sessions share. */
import type { Env } from '../base/env.ts';
import type { SequenceDescriptor, VirtualTableDescriptor } from '../catalog/catalog.ts';
import type { DbError } from '../errors/db-error.ts';
import { dbError } from '../errors/db-error.ts';
import type { TemporarySpace } from '../exec/spill/temporary-space.ts';
import type { FunctionRegistry } from '../functions/function.ts';
import type { StorageEngine } from '../storage/storage.ts';
import type { Value } from '../types/value.ts';
import { AdvisoryLocks } from './advisory-locks.ts';
import { Notifications } from './notifications.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionImpl } from './session-impl.ts';

/** Computes the rows of one virtual table, columns in attnum order. */
export type VirtualRows = (
  session: SessionContext,
) => Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>;

export interface DatabaseOptions {
  readonly name: string;
  readonly env: Env;
  readonly storage: StorageEngine;
  readonly registry: FunctionRegistry;
  readonly serverSettings: readonly (readonly [string, string])[];
  readonly virtualTables: ReadonlyMap<string, VirtualRows>;
  /** undefined where everything stays in memory. */
  readonly temporarySpace: TemporarySpace | undefined;
}

export class Database {
  readonly name: string;
  readonly env: Env;
  readonly storage: StorageEngine;
  readonly registry: FunctionRegistry;
  readonly serverSettings: readonly (readonly [string, string])[];
  readonly temporarySpace: TemporarySpace | undefined;
  readonly notifications = new Notifications();
  readonly advisoryLocks = new AdvisoryLocks();
  readonly startMicros: number;
  readonly #virtualTables: ReadonlyMap<string, VirtualRows>;
  readonly #sessions = new Map<number, SessionImpl>();
  readonly #waits = new Map<number, Set<(reason: Error) => void>>();
  #nextProcessId = 1;

  constructor(options: DatabaseOptions) {
    this.name = options.name;
    this.env = options.env;
    this.storage = options.storage;
    this.registry = options.registry;
    this.serverSettings = options.serverSettings;
    this.temporarySpace = options.temporarySpace;
    this.#virtualTables = options.virtualTables;
    this.startMicros = options.env.clock.nowMicros();
  }

  newProcessId(): number {
    return this.#nextProcessId++;
  }

  sessions(): Iterable<SessionImpl> {
    return this.#sessions.values();
  }

  session(processId: number): SessionImpl | undefined {
    return this.#sessions.get(processId);
  }

  sessionOpened(session: SessionImpl): void {
    this.#sessions.set(session.processId, session);
  }

  sessionClosed(session: SessionImpl): void {
    this.#sessions.delete(session.processId);
    this.notifications.unregister(session.processId);
    this.releaseAdvisoryLocks(session.processId);
  }

  releaseAdvisoryLocks(processId: number): void {
    this.advisoryLocks.releaseAll(processId);
  }

  /** Lets a cancel or time-out end a wait outside storage (pg_sleep, advisory locks). */
  registerWait(processId: number, reject: (reason: Error) => void): () => void {
    let waits = this.#waits.get(processId);
    if (waits === undefined) this.#waits.set(processId, (waits = new Set()));
    waits.add(reject);
    return () => {
      waits.delete(reject);
      if (waits.size === 0) this.#waits.delete(processId);
    };
  }

  interruptWaits(processId: number, reason: DbError): void {
    for (const reject of this.#waits.get(processId) ?? []) reject(reason);
  }

  virtualRows(
    table: VirtualTableDescriptor | SequenceDescriptor,
    session: SessionContext,
  ): Iterable<readonly Value[]> | AsyncIterable<readonly Value[]> {
    if (table.kind === 'sequence') return [this.#sequenceRow(table, session)];
    const rows = this.#virtualTables.get(table.name);
    if (rows === undefined) {
      throw dbError('undefined_table', `relation "${table.name}" has no source of rows`);
    }
    return rows(session);
  }

  #sequenceRow(sequence: SequenceDescriptor, session: SessionContext): readonly Value[] {
    const state = this.storage.sequenceState(sequence, session.transaction.current());
    return [state.lastValue, 0, state.isCalled];
  }
}
