/** The tables of a suite of queries: a row for each query, a column for each system. */
import { geometricMean } from '../lib/statistics.ts';
import type { Cell } from '../suites/measure.ts';
import type { QuerySuiteResult, SystemResult } from '../suites/query-suite.ts';
import { loadTable, versionsLine } from './load-page.ts';
import { escaped, number, table, times } from './markdown.ts';

export function querySection(title: string, result: QuerySuiteResult): string[] {
  const [varve, ...others] = columnsOf(result);
  if (varve === undefined) return [];
  const rows = result.queries.map((query) => row(query, varve, others));
  return [
    `## ${title}`,
    '',
    `${result.rows.toLocaleString('en-US')} rows (${result.data}). Medians in ms; in parentheses how many times as long as Varve.`,
    versionsLine(result.systems),
    '',
    table(
      ['query', 'rows', `${varve.title} median / p95 ms`, ...others.map((other) => other.title)],
      rows,
    ),
    '',
    ...notes(result),
    loadTable(result.systems.map((each) => ({ ...each, loads: each.load ? [each.load] : [] }))),
    '',
  ];
}

/** Varve first; the systems that were left out keep their empty columns. */
function columnsOf(result: QuerySuiteResult): SystemResult[] {
  const varve = result.systems.find(({ dialect }) => dialect === 'varve');
  if (varve === undefined) return [];
  return [varve, ...result.systems.filter((each) => each !== varve)];
}

function row(query: string, varve: SystemResult, others: readonly SystemResult[]): string[] {
  const own = varve.cells[query] ?? {};
  return [
    query,
    own.rows === undefined ? '' : own.rows.toLocaleString('en-US'),
    cellText(own, own, true),
    ...others.map(({ cells }) => cellText(cells[query] ?? { absent: true }, own, false)),
  ];
}

function cellText(cell: Cell, own: Cell, isOwn: boolean): string {
  if (cell.absent === true) return '';
  if (cell.error !== undefined) return cell.error.slice(0, 5);
  if (cell.differs !== undefined) return 'other rows';
  if (cell.medianMs === undefined) return '';
  if (isOwn) return `${number(cell.medianMs)} / ${number(cell.p95Ms ?? NaN)}`;
  const ratio = ratioOf(cell, own);
  return ratio === undefined ? number(cell.medianMs) : `${number(cell.medianMs)} (${times(ratio)})`;
}

/** How many times as long the other system takes; undefined where one has no right answer. */
export function ratioOf(other: Cell | undefined, own: Cell | undefined): number | undefined {
  const usable = (cell: Cell | undefined): number | undefined =>
    cell?.error === undefined && cell?.differs === undefined ? cell?.medianMs : undefined;
  const [above, below] = [usable(other), usable(own)];
  return above === undefined || below === undefined ? undefined : above / below;
}

function notes(result: QuerySuiteResult): string[] {
  const lines = result.systems.flatMap((system) => {
    if (system.missing !== undefined)
      return [`- ${system.title}: left out, ${escaped(system.missing)}`];
    return Object.entries(system.cells).flatMap(([query, cell]) => {
      const what = cell.error ?? cell.differs;
      return what === undefined ? [] : [`- ${system.title}, ${query}: ${escaped(what)}`];
    });
  });
  return lines.length === 0 ? [] : [...lines, ''];
}

/** One line for each other system: over how many queries, and how much longer in the geometric mean. */
export function summaryRows(title: string, result: QuerySuiteResult): string[][] {
  const [varve, ...others] = columnsOf(result);
  if (varve === undefined) return [];
  return others.flatMap((other) => {
    const ratios = result.queries
      .map((query) => ratioOf(other.cells[query], varve.cells[query]))
      .filter((ratio) => ratio !== undefined);
    if (ratios.length === 0) return [];
    const faster = ratios.filter((ratio) => ratio > 1).length;
    return [[title, other.title, `${faster} of ${ratios.length}`, times(geometricMean(ratios))]];
  });
}
