/** pg_timezone_names and pg_timezone_abbrevs. */
import {
  allZoneNames,
  findZone,
  secondsOf,
  type TimeZone,
} from '../../../types/datetime/timezone.ts';
import { ZONE_ABBREVIATIONS } from '../../../types/datetime/zone-abbreviations.ts';
import { Interval } from '../../../types/interval.ts';
import type { SessionContext } from '../../session-context.ts';
import { catalogTable } from '../virtual-table.ts';

const HALF_YEAR_SECONDS = 182 * 86_400;

const offsetInterval = (seconds: number): Interval => new Interval(0, 0, seconds * 1_000_000);

function transactionSeconds(session: SessionContext): number {
  return secondsOf(session.evalContext().transactionMicros);
}

/** Whether clocks are ahead of the smaller of the zone's two offsets within the year. */
function isDaylightSaving(zone: TimeZone, now: number): boolean {
  const offset = zone.offsetAt(now);
  return (
    zone.offsetAt(now + HALF_YEAR_SECONDS) < offset ||
    zone.offsetAt(now - HALF_YEAR_SECONDS) < offset
  );
}

export const pgTimezoneNames = catalogTable('pg_timezone_names', function* (session) {
  const now = transactionSeconds(session);
  for (const name of allZoneNames()) {
    const zone = findZone(name);
    if (zone === undefined) continue;
    yield [
      name,
      zone.abbreviationAt(now),
      offsetInterval(zone.offsetAt(now)),
      isDaylightSaving(zone, now),
    ];
  }
});

export const pgTimezoneAbbrevs = catalogTable('pg_timezone_abbrevs', function* (session) {
  const now = transactionSeconds(session);
  for (const [abbreviation, entry] of [...ZONE_ABBREVIATIONS].toSorted()) {
    const name = abbreviation.toUpperCase();
    if (entry.kind === 'fixed') {
      yield [name, offsetInterval(entry.seconds), entry.isDst];
      continue;
    }
    const zone = findZone(entry.zone);
    if (zone !== undefined)
      yield [name, offsetInterval(zone.offsetAt(now)), isDaylightSaving(zone, now)];
  }
});
