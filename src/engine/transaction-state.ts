/**
 * A session's transaction: idle, implicit (one message), a block, or a failed block. Owns the storage
 * transaction, named savepoints and the marks that undo settings.
 */
import type { Clock } from '../base/env.ts';
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type {
  IsolationLevel,
  SavepointId,
  StorageEngine,
  StorageTransaction,
} from '../storage/storage.ts';
import type { TransactionStatus } from './session.ts';
import type { SessionSettings } from './settings/session-settings.ts';

interface NamedSavepoint {
  readonly name: string;
  readonly storage: SavepointId;
  readonly settingsMark: number;
  /** How many callbacks for an outcome there were before it. */
  readonly outcomesMark: number;
  readonly catalog: CatalogSnapshot;
}

export interface TransactionModes {
  readonly isolation?: string | undefined;
  readonly readOnly?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
}

export class TransactionState {
  readonly #storage: StorageEngine;
  readonly #settings: SessionSettings;
  readonly #clock: Clock;
  readonly #processId: number;
  #transaction: StorageTransaction | undefined;
  #inBlock = false;
  #failed = false;
  #savepoints: NamedSavepoint[] = [];
  #startMicros = 0;
  #statements = 0;
  /** Run at the end of the transaction, whichever way it ends. */
  readonly #onEnd: ((committed: boolean) => void)[] = [];
  /** Run there, and once a savepoint older than they are is rolled back to. */
  readonly #onOutcome: ((committed: boolean) => void)[] = [];

  constructor(storage: StorageEngine, settings: SessionSettings, clock: Clock, processId: number) {
    this.#processId = processId;
    this.#storage = storage;
    this.#settings = settings;
    this.#clock = clock;
  }

  get status(): TransactionStatus {
    if (this.#failed) return 'E';
    return this.#inBlock ? 'T' : 'I';
  }

  get isFailed(): boolean {
    return this.#failed;
  }

  get isBlock(): boolean {
    return this.#inBlock;
  }

  get isOpen(): boolean {
    return this.#transaction !== undefined;
  }

  get startMicros(): number {
    return this.#startMicros;
  }

  /** The storage transaction, begun where there is none yet. */
  current(): StorageTransaction {
    if (this.#transaction === undefined) this.#start();
    return this.#transaction as StorageTransaction;
  }

  onEnd(callback: (committed: boolean) => void): void {
    this.#onEnd.push(callback);
  }

  /** Told whether what the session does now came to stand: at the end, or by ROLLBACK TO SAVEPOINT. */
  onOutcome(callback: (committed: boolean) => void): void {
    this.#onOutcome.push(callback);
  }

  /** Called before each statement: opens the implicit transaction and moves the snapshot. */
  beginStatement(): StorageTransaction {
    const transaction = this.current();
    transaction.lockTimeoutMs = this.#settings.integer('lock_timeout');
    this.#statements++;
    transaction.newSnapshot();
    return transaction;
  }

  /** BEGIN. False where a block was open already: PostgreSQL warns and goes on. */
  beginBlock(modes: TransactionModes): boolean {
    if (this.#inBlock) return false;
    const fresh = this.#transaction === undefined || !this.#transaction.hasWrites;
    if (fresh && modes.isolation !== undefined) this.#discardUnused();
    this.#inBlock = true;
    if (this.#transaction === undefined) this.#start();
    this.setModes(modes);
    return true;
  }

  /** SET TRANSACTION: changes the running transaction, before its first statement. */
  setModes(modes: TransactionModes): void {
    if (modes.isolation !== undefined) this.#changeIsolation(modes.isolation);
    if (modes.readOnly !== undefined) {
      if (!modes.readOnly) this.#requireUnread();
      this.#settings.set('transaction_read_only', modes.readOnly ? 'on' : 'off', true, true);
    }
    if (modes.deferrable !== undefined) {
      this.#settings.set('transaction_deferrable', modes.deferrable ? 'on' : 'off', true, true);
    }
  }

  /** What began as read-only, and has read or is inside a savepoint, stays so. */
  #requireUnread(): void {
    if (!this.#settings.isOn('transaction_read_only')) return;
    if (this.#savepoints.length > 0) {
      throw dbError(
        'active_sql_transaction',
        'cannot set transaction read-write mode inside a read-only transaction',
      );
    }
    if (this.#statements === 0) return;
    throw dbError(
      'active_sql_transaction',
      'transaction read-write mode must be set before any query',
    );
  }

  /** Ends the transaction well; rolls back where it has failed. Returns the command tag. */
  async commit(): Promise<'COMMIT' | 'ROLLBACK'> {
    if (this.#failed) {
      this.rollback();
      return 'ROLLBACK';
    }
    const transaction = this.#transaction;
    try {
      if (transaction !== undefined) {
        await transaction.commit({ sync: this.#settings.get('synchronous_commit') !== 'off' });
      }
    } catch (error) {
      this.rollback();
      throw error;
    }
    // What is undone may look into the catalog: the one that all see by now.
    this.#transaction = undefined;
    this.#settings.commit();
    this.#end(true);
    return 'COMMIT';
  }

  rollback(): void {
    this.#transaction?.rollback();
    this.#transaction = undefined;
    this.#settings.rollbackTo(0);
    this.#end(false);
  }

  /**
   * A statement failed. An implicit transaction is gone at once; of a block the name is left, or what
   * came before its last savepoint: others need not wait for ROLLBACK to get its locks.
   */
  fail(): void {
    if (!this.#inBlock) {
      this.rollback();
      return;
    }
    this.#failed = true;
    const savepoint = this.#savepoints.at(-1);
    if (savepoint !== undefined) {
      this.current().rollbackTo(savepoint.storage);
      return;
    }
    this.#transaction?.rollback();
    this.#runCallbacks(false);
  }

  savepoint(name: string): void {
    this.#requireBlock('SAVEPOINT');
    const transaction = this.current();
    this.#savepoints.push({
      name,
      catalog: transaction.catalog(),
      storage: transaction.savepoint(),
      settingsMark: this.#settings.mark(),
      outcomesMark: this.#onOutcome.length,
    });
  }

  /** The catalog when the innermost subtransaction began, or, outside of one, without the transaction's changes. */
  catalogBefore(): CatalogSnapshot {
    return this.#savepoints.at(-1)?.catalog ?? this.#storage.catalog();
  }

  releaseSavepoint(name: string): void {
    this.#requireBlock('RELEASE SAVEPOINT');
    const index = this.#findSavepoint(name);
    this.current().releaseSavepoint((this.#savepoints[index] as NamedSavepoint).storage);
    this.#savepoints.length = index;
  }

  rollbackToSavepoint(name: string): void {
    this.#requireBlock('ROLLBACK TO SAVEPOINT');
    const index = this.#findSavepoint(name);
    const savepoint = this.#savepoints[index] as NamedSavepoint;
    this.current().rollbackTo(savepoint.storage);
    this.#settings.rollbackTo(savepoint.settingsMark);
    this.#savepoints.length = index + 1;
    this.#failed = false;
    for (const callback of this.#onOutcome.splice(savepoint.outcomesMark)) callback(false);
  }

  requireBlock(command: string): void {
    this.#requireBlock(command);
  }

  #requireBlock(command: string): void {
    if (this.#inBlock) return;
    throw dbError('no_active_sql_transaction', `${command} can only be used in transaction blocks`);
  }

  #findSavepoint(name: string): number {
    for (let i = this.#savepoints.length - 1; i >= 0; i--) {
      if (this.#savepoints[i]?.name === name) return i;
    }
    throw dbError('invalid_savepoint_specification', `savepoint "${name}" does not exist`);
  }

  #changeIsolation(level: string): void {
    const current = this.#transaction;
    if (current !== undefined && storageLevel(level) !== current.isolation) {
      if (this.#statements > 0) {
        throw dbError(
          'active_sql_transaction',
          'SET TRANSACTION ISOLATION LEVEL must be called before any query',
        );
      }
      current.rollback();
      this.#transaction = this.#storage.begin(storageLevel(level), false, this.#processId);
    }
    this.#settings.set('transaction_isolation', level, true, true);
  }

  #discardUnused(): void {
    if (this.#transaction === undefined || this.#statements > 0) return;
    this.#transaction.rollback();
    this.#transaction = undefined;
  }

  #start(): void {
    const settings = this.#settings;
    const level = settings.mustGet('default_transaction_isolation');
    this.#startMicros = this.#clock.nowMicros();
    this.#statements = 0;
    // Not read-only for storage: temporary tables may change, and the mode may, too. Statements are refused instead.
    this.#transaction = this.#storage.begin(storageLevel(level), false, this.#processId);
    settings.assign('transaction_isolation', level);
    settings.assign('transaction_read_only', settings.mustGet('default_transaction_read_only'));
    settings.assign('transaction_deferrable', settings.mustGet('default_transaction_deferrable'));
  }

  #end(committed: boolean): void {
    this.#transaction = undefined;
    this.#inBlock = false;
    this.#failed = false;
    this.#savepoints = [];
    this.#statements = 0;
    this.#runCallbacks(committed);
  }

  #runCallbacks(committed: boolean): void {
    for (const callback of this.#onOutcome.splice(0)) callback(committed);
    for (const callback of this.#onEnd.splice(0)) callback(committed);
  }
}

function storageLevel(level: string): IsolationLevel {
  return level === 'read uncommitted' ? 'read committed' : (level as IsolationLevel);
}
