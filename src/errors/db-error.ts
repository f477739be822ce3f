/**
 * The one error type that a user of the database can cause. Everything a client may do wrong ends in
 * `throw dbError('condition_name', { message, ... })`; only the wire and HTTP doors turn it into bytes.
 * A bug is an `InternalError` (XX000): it ends the statement, never the process.
 */
import { SQLSTATE, type ConditionName } from './sqlstate.ts';

/** The optional fields of PostgreSQL's ErrorResponse and NoticeResponse. */
export interface ErrorFields {
  /** Primary text: one line, lower case, no full stop. */
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based character offset into the statement's text. */
  readonly position?: number | undefined;
  /** Context, innermost first (`COPY t, line 3, column x: "..."`). */
  readonly where?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  /** Name of PostgreSQL's reporting routine, where clients look at it. */
  readonly routine?: string | undefined;
}

export type Severity = 'ERROR' | 'FATAL' | 'PANIC';
export type NoticeSeverity = 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG';

export class DbError extends Error {
  readonly condition: ConditionName;
  readonly code: string;
  readonly fields: ErrorFields;
  readonly severity: Severity;

  constructor(
    condition: ConditionName,
    fields: ErrorFields,
    severity: Severity = 'ERROR',
    cause?: unknown,
  ) {
    super(fields.message, cause === undefined ? undefined : { cause });
    this.name = 'DbError';
    this.condition = condition;
    this.code = SQLSTATE[condition];
    this.fields = fields;
    this.severity = severity;
  }

  /** The same error with some fields filled in where it has none (a position, a context line). */
  with(extra: Partial<ErrorFields>): DbError {
    const merged = { ...extra, ...definedFields(this.fields) } as ErrorFields;
    return new DbError(this.condition, merged, this.severity, this);
  }
}

function definedFields(fields: ErrorFields): Partial<ErrorFields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A broken assumption of ours: reported as XX000 with the stack in the log. */
export class InternalError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'InternalError';
  }
}

/** Builds the error for anything that a user can cause. */
export function dbError(condition: ConditionName, fields: ErrorFields | string): DbError {
  return new DbError(condition, typeof fields === 'string' ? { message: fields } : fields);
}

/** The answer to a feature that PostgreSQL has and we do not have yet (0A000). */
export function notSupported(feature: string, position?: number): DbError {
  return dbError('feature_not_supported', { message: `${feature} is not supported`, position });
}

/** An error that ends the connection. */
export function fatalError(condition: ConditionName, fields: ErrorFields | string): DbError {
  return new DbError(condition, typeof fields === 'string' ? { message: fields } : fields, 'FATAL');
}

/** Turns whatever was thrown into a DbError, so that every statement ends with one SQLSTATE. */
export function toDbError(error: unknown): DbError {
  if (error instanceof DbError) return error;
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return new DbError(
      'statement_too_complex',
      { message: 'stack depth limit exceeded' },
      'ERROR',
      error,
    );
  }
  if (error instanceof RangeError && /^invalid string length/i.test(error.message)) {
    return new DbError(
      'program_limit_exceeded',
      { message: 'requested length too large' },
      'ERROR',
      error,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new DbError('internal_error', { message: `internal error: ${message}` }, 'ERROR', error);
}

/** True where running the same transaction again may succeed (class 40, lock time-outs, start-up). */
export function isRetriable(error: unknown): boolean {
  if (!(error instanceof DbError)) return false;
  return error.code.startsWith('40') || error.code === '55P03' || error.code === '57P03';
}

/** Throws InternalError when a condition that our own code guarantees does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable: ${String(value)}`);
}
