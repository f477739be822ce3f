/**
 * Reads isolation specs. A spec is lines, each a word and its text; `#` starts a comment:
 *
 *     setup <sql>            before every permutation
 *     setup varve <sql>      the same, in Varve only: makes a table a hypertable
 *     levels <a> | <b>       runs everything once per level, put for {level} in the steps
 *     session <name>         the steps below are this session's
 *     begin <sql>            run in the session before all steps; must not wait
 *     step <name> <sql>
 *     order <step> <step>    a permutation
 *     every order            all interleavings of the sessions' steps
 *     final <sql>            asked at the end, when all sessions have rolled back
 *     differs <key> : <why>  a permutation in which Varve answers otherwise: expected/*.varve.out
 */
export interface Step {
  readonly name: string;
  readonly session: string;
  readonly sql: string;
}

export interface SetupStatement {
  readonly sql: string;
  readonly varveOnly: boolean;
}

export interface Permutation {
  /** The level and the steps' names: what expected files call it. */
  readonly key: string;
  readonly level: string;
  readonly steps: readonly Step[];
}

export interface Spec {
  readonly setup: readonly SetupStatement[];
  /** Sessions with what they run first. */
  readonly sessions: ReadonlyMap<string, readonly string[]>;
  readonly final: readonly string[];
  readonly permutations: readonly Permutation[];
  /** Keys of permutations, with the reason why Varve differs. */
  readonly differs: ReadonlyMap<string, string>;
}

interface Draft {
  readonly setup: SetupStatement[];
  readonly final: string[];
  readonly sessions: Map<string, Step[]>;
  readonly begins: Map<string, string[]>;
  readonly orders: string[][];
  readonly differs: Map<string, string>;
  levels: string[];
  isEveryOrder: boolean;
}

export function parseSpec(text: string): Spec {
  const draft: Draft = {
    setup: [],
    final: [],
    sessions: new Map(),
    begins: new Map(),
    orders: [],
    differs: new Map(),
    levels: ['read committed'],
    isEveryOrder: false,
  };
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line !== '' && !line.startsWith('#')) readLine(draft, line);
  }
  const { setup, final, differs, begins } = draft;
  const permutations = permutationsOf(draft);
  return { setup, final, differs, sessions: begins, permutations };
}

function readLine(draft: Draft, line: string): void {
  const [word, rest] = cut(line, ' ');
  const steps = [...draft.sessions.values()].at(-1);
  if (word === 'setup') {
    const varveOnly = rest.startsWith('varve ');
    draft.setup.push({ sql: varveOnly ? cut(rest, ' ')[1] : rest, varveOnly });
  } else if (word === 'final') draft.final.push(rest);
  else if (word === 'levels') draft.levels = rest.split('|').map((level) => level.trim());
  else if (word === 'session') {
    draft.sessions.set(rest, []);
    draft.begins.set(rest, []);
  } else if (word === 'begin') [...draft.begins.values()].at(-1)?.push(rest);
  else if (word === 'step' && steps !== undefined) {
    const [name, sql] = cut(rest, ' ');
    steps.push({ name, sql, session: [...draft.sessions.keys()].at(-1) as string });
  } else if (line === 'every order') draft.isEveryOrder = true;
  else if (word === 'order') draft.orders.push(rest.split(/\s+/));
  else if (word === 'differs') draft.differs.set(...cut(rest, ' : '));
  else throw new Error(`not a line of a spec: ${line}`);
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length).trim()];
}

function permutationsOf(draft: Draft): Permutation[] {
  const all = [...draft.sessions.values()];
  const byName = new Map(all.flat().map((step) => [step.name, step]));
  const orders = draft.orders.map((names) =>
    names.map((name) => {
      const step = byName.get(name);
      if (step === undefined) throw new Error(`no step ${name}`);
      return step;
    }),
  );
  if (draft.isEveryOrder) orders.push(...interleavings(all));
  return draft.levels.flatMap((level) =>
    orders.map((steps) => ({
      key: `${level}: ${steps.map((step) => step.name).join(' ')}`,
      level,
      steps: steps.map((step) => ({ ...step, sql: step.sql.replaceAll('{level}', level) })),
    })),
  );
}

function interleavings(sessions: readonly (readonly Step[])[]): Step[][] {
  if (sessions.every((steps) => steps.length === 0)) return [[]];
  return sessions.flatMap(([first, ...others], i) =>
    first === undefined
      ? []
      : interleavings(sessions.with(i, others)).map((later) => [first, ...later]),
  );
}
