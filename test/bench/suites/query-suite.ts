/** Loads one data set into every system in turn, compares all answers, and times the same queries. */
import type { Dataset } from '../data/dataset.ts';
import { dataFiles, type Form } from '../encode/files.ts';
import type { Options } from '../options.ts';
import type { QueryType } from '../queries/query.ts';
import type { System, SystemStarter } from '../systems/system.ts';
import { disagreements, type Given } from './agreement.ts';
import { describeCell, describeLoad } from './describe.ts';
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

/** What the systems gave so far, by query. */
type Answers = Map<string, Given[]>;

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
  markDisagreements(suite, systems, known);
  return {
    suite: suite.name,
    data: suite.dataset.key,
    rows: systems.find(({ load }) => load !== undefined)?.load?.rows ?? 0,
    queries: suite.queries.map(({ name }) => name),
    systems,
  };
}

/** At the end all answers are there to tell who stands alone. */
function markDisagreements(
  suite: QuerySuite,
  systems: readonly SystemResult[],
  known: Answers,
): void {
  for (const type of suite.queries) {
    for (const [dialect, differs] of disagreements(known.get(type.name) ?? [], type)) {
      const cells = systems.find((system) => system.dialect === dialect)?.cells;
      if (cells === undefined) continue;
      cells[type.name] = { ...cells[type.name], differs };
      console.log(`${type.name}: ${dialect} differs, ${differs}`);
    }
  }
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
      console.log(`  ${type.name.padEnd(36)} ${describeCell(cells[type.name])}`);
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
  const { dialect, title } = system;
  known.set(type.name, [...(known.get(type.name) ?? []), { dialect, title, answers }]);
  return cell;
}
