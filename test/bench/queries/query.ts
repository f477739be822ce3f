/** A type of query, of which every instance has literals of its own, drawn from the seed. */
import type { Kinds } from '../answers/answer.ts';
import type { Random } from '../data/random.ts';
import type { Dialect } from '../systems/system.ts';

/** The text in one dialect; undefined where that has no equal form. */
export type Instance = (dialect: Dialect) => string | undefined;

export interface QueryType {
  readonly name: string;
  readonly kinds: Kinds;
  /** Names of the result's columns. */
  readonly columns: readonly string[];
  /** Columns that must agree between systems where more than one answer is right. */
  readonly compare?: readonly number[];
  /** The text is always the same, so a few runs are enough. */
  readonly isFixed?: boolean;
  instance(random: Random): Instance;
}
