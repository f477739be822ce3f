/**
 * TSBS's disorder for iot: points go through in batches of ten; some batches and points are lost, some
 * wait and come late, some lack a field or a tag.
 */
import type { Random } from './random.ts';

export interface Flaws {
  /** Index of the field, or of the tag, that is NULL; -1 for none. */
  missingField: number;
  missingTag: number;
}

const BATCH = 10;

const CHANCE = {
  batchLost: 0.01,
  batchLateNow: 0.5,
  batchLate: 0.05,
  pointLateNow: 0.5,
  pointLost: 0.1,
  fieldMissing: 0.1,
  tagMissing: 0.01,
  pointLate: 0.3,
} as const;

export interface Shape<T> {
  fields(point: T): number;
  readonly tags: number;
}

export function* disordered<T extends Flaws>(
  points: Iterator<T>,
  shape: Shape<T>,
  random: Random,
): Generator<T> {
  const lateBatches: T[][] = [];
  const latePoints: T[] = [];
  for (;;) {
    if (random.uniform() < CHANCE.batchLost) {
      for (let i = 0; i < BATCH; i++) points.next();
      continue;
    }
    if (lateBatches.length > 0 && random.uniform() < CHANCE.batchLateNow) {
      yield* lateBatches.shift() ?? [];
      continue;
    }
    const isLate = random.uniform() < CHANCE.batchLate;
    const batch: T[] = [];
    const isDone = fill(batch, points, latePoints, shape, random);
    if (isLate) lateBatches.push(batch);
    else yield* batch;
    if (isDone) break;
  }
  for (const batch of lateBatches) yield* batch;
  yield* latePoints;
}

/** Fills a batch; true at the end of the points. */
function fill<T extends Flaws>(
  batch: T[],
  points: Iterator<T>,
  latePoints: T[],
  shape: Shape<T>,
  random: Random,
): boolean {
  while (batch.length < BATCH) {
    if (latePoints.length > 0 && random.uniform() < CHANCE.pointLateNow) {
      batch.push(latePoints.shift() as T);
      continue;
    }
    const next = points.next();
    if (next.done === true) return true;
    const point = next.value;
    if (random.uniform() < CHANCE.pointLost) continue;
    if (random.uniform() < CHANCE.fieldMissing) {
      point.missingField = random.below(shape.fields(point));
    }
    if (random.uniform() < CHANCE.tagMissing) point.missingTag = random.below(shape.tags);
    if (random.uniform() < CHANCE.pointLate) latePoints.push(point);
    else batch.push(point);
  }
  return false;
}
