/** Writes the pages under docs/ from the results; the hand-written part of docs/bench.md stays. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from '../options.ts';
import type { LatencyResult } from '../suites/latency.ts';
import type { LoadSuiteResult } from '../suites/load-suite.ts';
import type { QuerySuiteResult } from '../suites/query-suite.ts';
import type { TargetsResult } from '../suites/targets.ts';
import { barChart } from './bar-chart.ts';
import { loadSection } from './load-page.ts';
import { mebibytes, number, table } from './markdown.ts';
import { querySection, summaryRows } from './query-page.ts';
import type { Results } from './results.ts';

const BEGIN = '<!-- written by npm run bench: begin -->';
const END = '<!-- written by npm run bench: end -->';

const QUERY_TITLES = {
  cpu: 'TSBS cpu-only and full scans',
  devops: 'TSBS devops',
  iot: 'TSBS iot',
  clickbench: 'ClickBench',
} as const;

const LOAD_TITLES = {
  ingest: 'cpu-only, integers from 0 to 100',
  storage: 'The same walks with two decimals',
  series: 'Every row a new host, that is a new series',
  cardinality: 'Four rows of each of these hosts, one host after the other',
} as const;

export function writePages(options: Options, results: Results): void {
  const directory = options.writeDocs ? join(process.cwd(), 'docs') : options.scratch;
  const write = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(directory, name), `${lines.join('\n').trimEnd()}\n`);
  write('bench-tsbs.md', [
    ...heading('TSBS: queries', results),
    ...(['cpu', 'devops', 'iot'] as const).flatMap((suite) => queryPart(results, suite)),
  ]);
  write('bench-clickbench.md', [
    ...heading('ClickBench', results),
    'A table of our own with the columns that the queries use, in the order of time; Q27 and Q28 ask for groups of 1,000 rows.',
    '',
    ...queryPart(results, 'clickbench'),
  ]);
  write('bench-ingest.md', [
    ...heading('Ingest, size on disk, latency', results),
    ...(['ingest', 'storage', 'series', 'cardinality'] as const).flatMap((suite) => {
      const result = results.suites[suite] as LoadSuiteResult | undefined;
      return result === undefined ? [] : loadSection(LOAD_TITLES[suite], result);
    }),
    ...latencyPart(results.suites['latency'] as LatencyResult | undefined),
    ...targetsPart(results.suites['targets'] as TargetsResult | undefined),
  ]);
  const cpu = results.suites['cpu'] as QuerySuiteResult | undefined;
  if (cpu !== undefined) writeFileSync(join(directory, 'bench.svg'), chart(cpu));
  if (options.writeDocs) replaceSummary(join(directory, 'bench.md'), summary(results));
  console.log(`pages are in ${directory}`);
}

function heading(title: string, { machine, seed }: Results): string[] {
  return [
    `# ${title}`,
    '',
    `Written by \`npm run bench\` (seed ${seed}); how it measures stands in [bench.md](bench.md).`,
    `Machine: ${machine}.`,
    '',
  ];
}

function queryPart(results: Results, suite: keyof typeof QUERY_TITLES): string[] {
  const result = results.suites[suite] as QuerySuiteResult | undefined;
  return result === undefined ? [] : querySection(QUERY_TITLES[suite], result);
}

function latencyPart(result: LatencyResult | undefined): string[] {
  if (result === undefined) return [];
  const rows = result.systems.flatMap(({ title, idle, loading, rowsPerSecond }) =>
    (
      [
        ['nothing', idle],
        [`COPY at ${Math.round(rowsPerSecond).toLocaleString('en-US')} rows/s`, loading],
      ] as const
    ).map(([beside, latency]) => [
      title,
      beside,
      number(latency.p50),
      number(latency.p99),
      number(latency.max),
    ]),
  );
  return [
    '## single-groupby-1-1-1 while rows are loaded',
    '',
    table(['system', 'beside it', 'p50 ms', 'p99 ms', 'max ms'], rows),
    '',
  ];
}

function targetsPart(result: TargetsResult | undefined): string[] {
  if (result === undefined) return [];
  const selectOne = result.selectOne.map(({ what, p50, p99, max }) => [
    what,
    number(p50),
    number(p99),
    number(max),
  ]);
  const [rows, selectOneRows] = [result.rows, result.selectOneRows].map((count) =>
    count.toLocaleString('en-US'),
  );
  return [
    `## \`select 1\` beside statements over ${selectOneRows} rows`,
    '',
    table(['while this runs on another connection', 'p50 ms', 'p99 ms', 'max ms'], selectOne),
    '',
    `## Memory and start with ${rows} rows`,
    '',
    table(
      ['', ''],
      [
        ['resident memory after the load', mebibytes(result.residentBytes)],
        ['resident memory after five full scans more', mebibytes(result.residentAfterScansBytes)],
        ['peak', mebibytes(result.peakBytes)],
        ['start to ready, process and all', `${Math.round(result.startMs)} ms`],
        ['start to ready on an empty directory', `${Math.round(result.startEmptyMs)} ms`],
      ],
    ),
    '',
  ];
}

function chart(result: QuerySuiteResult): string {
  const systems = result.systems.filter(({ load }) => load !== undefined);
  return barChart({
    title: 'Milliseconds for a query, median, logarithmic: shorter is faster',
    groups: result.queries,
    series: systems.map(({ title, cells }) => ({
      name: title,
      values: result.queries.map((query) => {
        const cell = cells[query];
        return cell?.differs === undefined ? cell?.medianMs : undefined;
      }),
    })),
  });
}

function summary(results: Results): string {
  const rows = (['cpu', 'devops', 'iot', 'clickbench'] as const).flatMap((suite) => {
    const result = results.suites[suite] as QuerySuiteResult | undefined;
    return result === undefined ? [] : summaryRows(QUERY_TITLES[suite], result);
  });
  return [
    BEGIN,
    '',
    `Machine: ${results.machine}.`,
    '',
    table(
      [
        'queries',
        'against',
        'Varve is faster in',
        'it takes so many times as long (geometric mean)',
      ],
      rows,
    ),
    '',
    END,
  ].join('\n');
}

function replaceSummary(path: string, text: string): void {
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < 0) throw new Error(`${path} has no place for the summary`);
  writeFileSync(path, page.slice(0, from) + text + page.slice(to + END.length));
}
