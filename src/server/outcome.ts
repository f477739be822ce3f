/** How an error of the server's thread comes to the process: classes do not survive the way. */
import { DbError, type ErrorFields } from '../errors/db-error.ts';
import type { ConditionName } from '../errors/sqlstate.ts';

export interface Failure {
  readonly condition?: ConditionName;
  readonly fields: ErrorFields;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof DbError) return { condition: error.condition, fields: error.fields };
  return { fields: { message: error instanceof Error ? error.message : String(error) } };
}

export function errorOf({ condition, fields }: Failure): Error {
  return condition === undefined ? new Error(fields.message) : new DbError(condition, fields);
}
