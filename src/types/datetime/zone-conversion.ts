/** Between UTC and the local time of a zone. Infinities pass through. */
import type { Int64 } from '../value.ts';
import { MICROS_PER_SECOND } from './calendar.ts';
import { addToTimestamp, isInfinite } from './micros.ts';
import { requireZone, secondsOf, type TimeZone } from './timezone.ts';

/** UTC moment of a zone's local time (PostgreSQL's choice in gaps and overlaps). */
export function localToUtcIn(zone: TimeZone, localMicros: Int64): Int64 {
  if (isInfinite(localMicros)) return localMicros;
  return addToTimestamp(
    localMicros,
    -zone.offsetForLocal(secondsOf(localMicros)) * MICROS_PER_SECOND,
  );
}

/** A zone's local time at a UTC moment. */
export function utcToLocalIn(zone: TimeZone, utcMicros: Int64): Int64 {
  if (isInfinite(utcMicros)) return utcMicros;
  return addToTimestamp(utcMicros, zone.offsetAt(secondsOf(utcMicros)) * MICROS_PER_SECOND);
}

/** The same for a zone by name; throws for an unknown one. */
export function localToUtc(zone: string, localMicros: Int64): Int64 {
  return localToUtcIn(requireZone(zone), localMicros);
}

export function utcToLocal(zone: string, utcMicros: Int64): Int64 {
  return utcToLocalIn(requireZone(zone), utcMicros);
}
