/** pg_timezone_names() and pg_timezone_abbrevs(), which the views of the same names show. */
import { allZoneNames, findZone, secondsOf, type TimeZone } from '../../types/datetime/timezone.ts';
import { ZONE_ABBREVIATIONS } from '../../types/datetime/zone-abbreviations.ts';
import { Interval } from '../../types/interval.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { table } from '../define.ts';
import type { FunctionColumn, TableFunction } from '../function.ts';

const HALF_YEAR_SECONDS = 182 * 86_400;

const offsetInterval = (seconds: number): Interval => new Interval(0, 0, seconds * 1_000_000);

/** Whether clocks are ahead of the smaller of the zone's two offsets within the year. */
function isDaylightSaving(zone: TimeZone, now: number): boolean {
  const offset = zone.offsetAt(now);
  return (
    zone.offsetAt(now + HALF_YEAR_SECONDS) < offset ||
    zone.offsetAt(now - HALF_YEAR_SECONDS) < offset
  );
}

/** Name, abbreviation, offset and daylight saving of every zone at a moment. */
export function* zoneNameRows(micros: number): Iterable<Value[]> {
  const now = secondsOf(micros);
  for (const name of allZoneNames()) {
    const zone = findZone(name);
    if (zone === undefined) continue;
    const offset = offsetInterval(zone.offsetAt(now));
    yield [name, zone.abbreviationAt(now), offset, isDaylightSaving(zone, now)];
  }
}

/** Abbreviation, offset and daylight saving of every abbreviation that input knows. */
export function* zoneAbbreviationRows(micros: number): Iterable<Value[]> {
  const now = secondsOf(micros);
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
}

const OFFSET_COLUMNS: readonly FunctionColumn[] = [
  { name: 'abbrev', type: sqlType(OID.text) },
  { name: 'utc_offset', type: sqlType(OID.interval) },
  { name: 'is_dst', type: sqlType(OID.bool) },
];

export const timeZoneFunctions: readonly TableFunction[] = [
  table('pg_timezone_names() record', (_args, context) => zoneNameRows(context.transactionMicros), {
    volatility: 'stable',
    columns: () => [{ name: 'name', type: sqlType(OID.text) }, ...OFFSET_COLUMNS],
  }),
  table(
    'pg_timezone_abbrevs() record',
    (_args, context) => zoneAbbreviationRows(context.transactionMicros),
    { volatility: 'stable', columns: () => OFFSET_COLUMNS },
  ),
];
