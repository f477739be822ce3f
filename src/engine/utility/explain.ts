/** EXPLAIN and EXPLAIN ANALYZE. */
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nodeAs, type Node, type NodeBody } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { explainPlan, type ExplainOptions } from '../../plan/explain.ts';
import type { NodeMetrics } from '../../exec/operator.ts';
import type { PhysicalNode } from '../../plan/physical.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import { vectorFromValues } from '../../vector/vector.ts';
import { completed, type Executable, type StatementCall } from '../executable.ts';
import { planAhead, planQuery, runPlanned, type PlannedQuery } from '../query.ts';
import type { SessionContext } from '../session-context.ts';
import { booleanOption, optionText } from './options.ts';
import { executionOf } from './prepare.ts';
import { textField } from './settings.ts';

export function explainExecutable(
  session: SessionContext,
  node: NodeBody<'ExplainStmt'>,
  statement: ParsedStatement,
  sql: string,
  parameterTypes: readonly Oid[],
): Executable {
  const options = readOptions(node.options ?? []);
  const inner = explainedStatement(node, statement);
  const query = inner.node;
  if ('ExecuteStmt' in query) return explainExecute(session, query.ExecuteStmt, sql, options);
  if (
    !(
      'SelectStmt' in query ||
      'InsertStmt' in query ||
      'UpdateStmt' in query ||
      'DeleteStmt' in query
    )
  ) {
    throw notSupported('EXPLAIN of this kind of statement');
  }
  const { plan: first } = planQuery(session, inner, sql, parameterTypes);
  const types = first.parameterTypes.map((parameter) => parameter.oid);
  const plan = async (): Promise<PlannedQuery> => {
    await planAhead(session, inner, sql, parameterTypes);
    return planQuery(session, inner, sql, parameterTypes);
  };
  return explaining(session, options, types, plan, (call) => call);
}

/** The plan is the one that EXECUTE would run: it shows parameters, not their values. */
function explainExecute(
  session: SessionContext,
  node: NodeBody<'ExecuteStmt'>,
  sql: string,
  options: ExplainOptions,
): Executable {
  const { target, parameters } = executionOf(session, node, sql);
  if (target.plan === undefined) throw notSupported('EXPLAIN EXECUTE of this kind of statement');
  const withParameters = (call: StatementCall): StatementCall => ({
    ...call,
    parameters: parameters(),
  });
  return explaining(session, options, [], target.plan, withParameters);
}

function explaining(
  session: SessionContext,
  options: ExplainOptions,
  parameterTypes: readonly Oid[],
  plan: () => PlannedQuery | Promise<PlannedQuery>,
  callOf: (call: StatementCall) => StatementCall,
): Executable {
  const type = options.format === 'json' ? OID.json : OID.text;
  const field = { ...textField('QUERY PLAN'), type: sqlType(type) };
  return {
    fields: [field],
    parameterTypes,
    allowedWhenFailed: false,
    async *run(call) {
      const lines = await explainLines(session, plan, options, callOf(call));
      const rows = options.format === 'json' ? [lines.join('\n')] : lines;
      yield { columns: [vectorFromValues(field.type, rows)], length: rows.length };
      return completed('EXPLAIN');
    },
  };
}

/** The query as a statement; its text tells its plan apart from the one that it would run with. */
export function explainedStatement(
  node: NodeBody<'ExplainStmt'>,
  statement: ParsedStatement,
): ParsedStatement {
  return { ...statement, node: node.query as Node, text: `explain ${statement.text}` };
}

async function explainLines(
  session: SessionContext,
  plan: () => PlannedQuery | Promise<PlannedQuery>,
  options: ExplainOptions,
  call: StatementCall,
): Promise<string[]> {
  const { clock } = session.database.env;
  const planStart = clock.monotonicMs();
  const planned = await plan();
  const planningMs = clock.monotonicMs() - planStart;
  if (!options.analyze) return explainPlan(planned.plan, options);
  const metrics = new Map<PhysicalNode, NodeMetrics>();
  const start = clock.monotonicMs();
  const run = runPlanned(session, planned, call, {
    withBuffers: options.buffers,
    metrics(target) {
      let found = metrics.get(target);
      if (found === undefined) {
        found = { rows: 0, batches: 0, loops: 0, startupMs: 0, totalMs: 0, notes: new Map() };
        metrics.set(target, found);
      }
      return found;
    },
  });
  for (let step = await run.next(); step.done !== true;) step = await run.next();
  const executionMs = clock.monotonicMs() - start;
  return explainPlan(planned.plan, options, { metrics, planningMs, executionMs });
}

function readOptions(nodes: readonly Node[]): ExplainOptions {
  const given = new Map<string, string>();
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) continue;
    given.set(element.defname.toLowerCase(), optionText(element.arg));
  }
  const known = [
    'analyze',
    'verbose',
    'costs',
    'settings',
    'buffers',
    'wal',
    'timing',
    'summary',
    'format',
    'generic_plan',
  ];
  for (const name of given.keys()) {
    if (!known.includes(name))
      throw dbError('syntax_error', `unrecognized EXPLAIN option "${name}"`);
  }
  const flag = (name: string, fallback: boolean): boolean => {
    const text = given.get(name);
    return text === undefined ? fallback : booleanOption(name, text);
  };
  const format = (given.get('format') ?? 'text').toLowerCase();
  if (format !== 'text' && format !== 'json')
    throw notSupported(`EXPLAIN (FORMAT ${format.toUpperCase()})`);
  const analyze = flag('analyze', false);
  return {
    analyze,
    verbose: flag('verbose', false),
    costs: flag('costs', true),
    timing: flag('timing', analyze),
    summary: flag('summary', analyze),
    buffers: flag('buffers', false),
    format,
  };
}
