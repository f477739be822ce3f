/** pg_timezone_names and pg_timezone_abbrevs. */
import { zoneAbbreviationRows, zoneNameRows } from '../../../functions/system/time-zones.ts';
import { catalogTable } from '../virtual-table.ts';

export const pgTimezoneNames = catalogTable('pg_timezone_names', (session) =>
  zoneNameRows(session.evalContext().transactionMicros),
);

export const pgTimezoneAbbrevs = catalogTable('pg_timezone_abbrevs', (session) =>
  zoneAbbreviationRows(session.evalContext().transactionMicros),
);
