/** The strings of a text column, by code. */
export interface Dictionary {
  readonly length: number;
  /** Of two dictionaries of one source the longer begins with the entries of the shorter. */
  readonly source: object;
  /** No two entries are equal: who numbers texts can take their codes for it. */
  readonly isDistinct: boolean;
  /** Entries never change. */
  at(code: number): string;
}
