/** Tables of loads. */
import type { LoadResult } from '../suites/measure.ts';
import type { LoadSuiteResult } from '../suites/load-suite.ts';
import { escaped, mebibytes, number, table } from './markdown.ts';

interface Loaded {
  readonly title: string;
  readonly version?: string;
  readonly missing?: string;
  readonly loads: readonly LoadResult[];
}

const FORMS: Readonly<Record<string, string>> = {
  text: 'COPY text',
  binary: 'COPY binary',
  insert: 'INSERT of 1,000 rows',
  csv: 'CSV file',
  line: 'line protocol',
};

export function loadTable(systems: readonly Loaded[]): string {
  const rows = systems.flatMap(({ title, loads }) =>
    loads.map((load) => [
      title,
      `${FORMS[load.form] ?? load.form}${partOf(load)}`,
      Math.round(load.rows / load.seconds).toLocaleString('en-US'),
      load.cpuSecondsPerMillionRows === undefined ? '' : number(load.cpuSecondsPerMillionRows),
      number(load.storedBytesPerRow),
      load.peakBytes === undefined ? '' : mebibytes(load.peakBytes),
      Math.round(load.sentBytesPerRow).toString(),
    ]),
  );
  const head = [
    'load',
    'as',
    'rows/s',
    'CPU s per million rows',
    'bytes a row on disk',
    'memory',
    'bytes a row sent',
  ];
  return table(head, rows);
}

function partOf({ rows, ofRows }: LoadResult): string {
  if (ofRows === undefined) return '';
  return `, the first ${rows.toLocaleString('en-US')} of ${ofRows.toLocaleString('en-US')} rows`;
}

/** One line with what exactly was measured. */
export function versionsLine(systems: readonly Pick<Loaded, 'version'>[]): string {
  const versions = systems.flatMap(({ version }) => (version === undefined ? [] : [version]));
  return `Versions: ${versions.join('; ')}.`;
}

export function loadSection(title: string, result: LoadSuiteResult): string[] {
  const missing = result.systems.filter((system) => system.missing !== undefined);
  return [
    `## ${title}`,
    '',
    versionsLine(result.systems),
    '',
    loadTable(result.systems),
    '',
    ...missing.map((system) => `- ${system.title}: left out, ${escaped(system.missing ?? '')}`),
    ...(missing.length > 0 ? [''] : []),
  ];
}
