/** A stored segment as states refer to it. */
export interface Segment {
  readonly id: number;
  readonly rows: number;
  readonly bytes: number;
  readonly minTime: number;
  readonly maxTime: number;
  /** attnums of the columns that make its series. */
  readonly segmentBy: readonly number[];
}
