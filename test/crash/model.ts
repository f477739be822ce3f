/**
 * What the database must hold after a crash. Each connection owns its own keys, so its state is a plain
 * function of its own acknowledged transactions. A transaction in flight when the server died may have
 * happened or not, but wholly, in the row table and the hypertable alike.
 */

/** One change of a transaction. */
export type Change =
  | { readonly kind: 'put'; readonly key: number; readonly value: string }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'point'; readonly time: number; readonly value: number }
  | { readonly kind: 'drop-points'; readonly from: number; readonly to: number };

export interface State {
  readonly rows: Map<number, string>;
  readonly points: Map<number, number>;
}

export function emptyState(): State {
  return { rows: new Map(), points: new Map() };
}

export function apply(state: State, changes: readonly Change[]): State {
  const rows = new Map(state.rows);
  const points = new Map(state.points);
  for (const change of changes) {
    if (change.kind === 'put') rows.set(change.key, change.value);
    else if (change.kind === 'delete') rows.delete(change.key);
    else if (change.kind === 'point') points.set(change.time, change.value);
    else {
      for (const time of [...points.keys()]) {
        if (time >= change.from && time < change.to) points.delete(time);
      }
    }
  }
  return { rows, points };
}

/** undefined where the states are equal, else the first difference in words. */
export function difference(expected: State, actual: State): string | undefined {
  return (
    mapDifference('row', expected.rows, actual.rows) ??
    mapDifference('point', expected.points, actual.points)
  );
}

function mapDifference<V>(
  what: string,
  expected: Map<number, V>,
  actual: Map<number, V>,
): string | undefined {
  for (const [key, value] of expected) {
    if (!actual.has(key)) return `${what} ${key} is lost (expected ${String(value)})`;
    if (actual.get(key) !== value) {
      return `${what} ${key} is ${String(actual.get(key))}, expected ${String(value)}`;
    }
  }
  for (const [key, value] of actual) {
    if (!expected.has(key)) return `${what} ${key} = ${String(value)} was never committed`;
  }
  return undefined;
}
