/** Every virtual table there is. New ones go to the end: OIDs follow from the position. */
import {
  pgAvailableExtensions,
  pgAvailableExtensionVersions,
  pgCollation,
  pgDatabase,
  pgExtension,
  pgInitPrivs,
  pgLanguage,
  pgNamespace,
  pgTablespace,
} from './tables/database.ts';
import { emptyTables } from './tables/empty.ts';
import { elementTypes, informationColumns } from './tables/information-columns.ts';
import { grantTables } from './tables/information-grants.ts';
import {
  informationParameters,
  informationRoutines,
  routinePrivileges,
} from './tables/information-routines.ts';
import { pgAttribute } from './tables/pg-attribute.ts';
import { pgClass } from './tables/pg-class.ts';
import { pgAttrdef, pgConstraint } from './tables/pg-constraint.ts';
import { pgDepend, pgRewrite } from './tables/pg-depend.ts';
import { pgDescription, pgShdescription } from './tables/pg-description.ts';
import { pgIndex } from './tables/pg-index.ts';
import { pgAm, pgAmop, pgCast, pgOpclass, pgOperator, pgOpfamily } from './tables/pg-operator.ts';
import { pgAggregate, pgProc } from './tables/pg-proc.ts';
import { pgSequence, pgSequences } from './tables/pg-sequence.ts';
import { pgSettings } from './tables/pg-settings.ts';
import { pgRange, pgType } from './tables/pg-type.ts';
import { pgAuthid, pgAuthMembers, pgDbRoleSetting } from './tables/roles.ts';
import { pgCursors, pgLocks, pgPreparedStatements, pgStatActivity } from './tables/sessions.ts';
import { segmentColumns, segments } from './tables/segments.ts';
import { pgStatAllTables, pgStatDatabase, pgStatGssapi } from './tables/statistics.ts';
import { pgTimezoneAbbrevs, pgTimezoneNames } from './tables/time-zones.ts';
import {
  timescaleChunks,
  timescaleDimensions,
  timescaleHypertables,
} from './tables/timescaledb.ts';
import type { VirtualTable } from './virtual-table.ts';

export const VIRTUAL_TABLES: readonly VirtualTable[] = [
  pgClass,
  pgAttribute,
  pgType,
  pgRange,
  pgProc,
  pgAggregate,
  pgNamespace,
  pgIndex,
  pgConstraint,
  pgAttrdef,
  pgDepend,
  pgRewrite,
  pgDescription,
  pgShdescription,
  pgSequence,
  pgSequences,
  pgOperator,
  pgCast,
  pgAm,
  pgAmop,
  pgOpclass,
  pgOpfamily,
  pgAuthid,
  pgAuthMembers,
  pgDbRoleSetting,
  pgDatabase,
  pgTablespace,
  pgLanguage,
  pgCollation,
  pgExtension,
  pgInitPrivs,
  pgAvailableExtensions,
  pgAvailableExtensionVersions,
  pgSettings,
  pgStatActivity,
  pgLocks,
  pgCursors,
  pgPreparedStatements,
  pgStatAllTables,
  pgStatDatabase,
  pgStatGssapi,
  pgTimezoneNames,
  pgTimezoneAbbrevs,
  timescaleHypertables,
  timescaleDimensions,
  timescaleChunks,
  informationColumns,
  elementTypes,
  informationRoutines,
  informationParameters,
  routinePrivileges,
  ...grantTables,
  ...emptyTables,
  segments,
  segmentColumns,
];
