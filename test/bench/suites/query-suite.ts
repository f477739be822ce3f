/** Loads one data set into every system in turn, compares all answers, and times the same queries. */
import type { Answer } from '../answers/answer.ts';
import { difference } from '../answers/compare.ts';
import type { Dataset } from '../data/dataset.ts';
import { dataFiles, type Form } from '../encode/files.ts';
import type { Options } from '../options.ts';
import type { QueryType } from '../queries/query.ts';
import type { System, SystemStarter } from '../systems/system.ts';
import { measureLoad, measureQuery, shortError, type Cell, type LoadResult } from './measure.ts';

export interface QuerySuite {
  readonly name: string;
  readonly dataset: Dataset;
  readonly queries: readonly QueryType[];
  readonly starters: readonly SystemStarter[];
}

export interface SystemResult {
  readonly dialect: string;
  readonly title: string;
  readonly version?: string;
  /** Why it is not there. */
  readonly missing?: string;
  readonly load?: LoadResult;
  readonly cells: Record<string, Cell>;
}

export interface QuerySuiteResult {
  readonly suite: string;
  readonly data: string;
  readonly rows: number;
  readonly queries: readonly string[];
  readonly systems: readonly SystemResult[];
}

type Answers = Map<string, { readonly title: string; readonly answers: readonly Answer[] }[]>;

export async function runQuerySuite(
  suite: QuerySuite,
  options: Options,
): Promise<QuerySuiteResult> {
  const known: Answers = new Map();
  const systems: SystemResult[] = [];
  for (const starter of suite.starters) {
    console.log(`\n${suite.name}: ${starter.title}`);
    systems.push(await runSystem(starter, suite, options, known));
  }
  return {
    suite: suite.name,
    data: suite.dataset.key,
    rows: systems.find(({ load }) => load !== undefined)?.load?.rows ?? 0,
    queries: suite.queries.map(({ name }) => name),
    systems,
  };
}

async function runSystem(
  starter: SystemStarter,
  suite: QuerySuite,
  options: Options,
  known: Answers,
): Promise<SystemResult> {
  const { dialect, title } = starter;
  const cells: Record<string, Cell> = {};
  const system = await starter.start(options);
  if (typeof system === 'string') {
    console.log(`  left out: ${system}`);
    return { dialect, title, missing: system, cells };
  }
  const { version } = system;
  try {
    const form = loadForm(system);
    const files = dataFiles(suite.dataset, [form], options.scratch).get(form) ?? [];
    const wanted = files.filter(({ rows }) => rows > 0);
    const load = await measureLoad(system, wanted, options.workers);
    console.log(describeLoad(load));
    for (const type of suite.queries) {
      cells[type.name] = await runQuery(system, type, options, known);
      console.log(`  ${type.name.padEnd(36)} ${describe(cells[type.name])}`);
    }
    return { dialect, title, version, load, cells };
  } catch (error) {
    console.log(`  failed: ${shortError(error)}`);
    return { dialect, title, version, missing: shortError(error), cells };
  } finally {
    await system.stop();
  }
}

/** The usual form; the suite `ingest` compares them all. */
function loadForm(system: System): Form {
  return system.forms[0];
}

async function runQuery(
  system: System,
  type: QueryType,
  options: Options,
  known: Answers,
): Promise<Cell> {
  const { cell, answers } = await measureQuery(system, type, options);
  if (answers.length === 0) return cell;
  const others = known.get(type.name) ?? [];
  known.set(type.name, [...others, { title: system.title, answers }]);
  for (const other of others.slice(0, 1)) {
    const differs = answers
      .map((answer, i) => difference(other.answers[i], answer, { columns: type.compare }))
      .find((text) => text !== undefined);
    if (differs !== undefined) return { ...cell, differs: `${other.title} says ${differs}` };
  }
  return cell;
}

function describe(cell: Cell): string {
  if (cell.absent === true) return '-';
  if (cell.error !== undefined) return cell.error;
  const time = `${cell.medianMs?.toFixed(2)} ms, p95 ${cell.p95Ms?.toFixed(2)} ms, ${cell.rows} rows, ${cell.runs} runs`;
  return cell.differs === undefined ? time : `${time}, DIFFERS: ${cell.differs}`;
}

function describeLoad(load: LoadResult): string {
  const cpu = load.cpuSecondsPerMillionRows?.toFixed(2) ?? '-';
  const rate = Math.round(load.rows / load.seconds);
  return `  ${load.rows} rows as ${load.form} in ${load.seconds.toFixed(1)} s (${rate} rows/s), ${cpu} CPU s per million, ${load.storedBytesPerRow.toFixed(1)} bytes/row, ${Math.round((load.peakBytes ?? 0) / 2 ** 20)} MiB`;
}
