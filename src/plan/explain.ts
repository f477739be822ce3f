/** EXPLAIN: physical plans as text in PostgreSQL's style, or as JSON. */
import type { FormatSettings } from '../types/codec.ts';
import { explainNode, type ExplainedNode, type ExplainMetrics } from './explain-node.ts';
import type { PhysicalNode, PhysicalPlan } from './physical.ts';
import { NEUTRAL_FORMAT } from '../types/neutral-format.ts';

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly timing: boolean;
  readonly summary: boolean;
  readonly buffers: boolean;
  readonly format: 'text' | 'json';
}

/** What EXPLAIN ANALYZE measured. */
export interface ExplainRun {
  readonly metrics: ReadonlyMap<PhysicalNode, ExplainMetrics>;
  readonly planningMs: number;
  readonly executionMs: number;
}

/** Lines of the plan's text. */
export function explainPlan(
  plan: PhysicalPlan,
  options: ExplainOptions,
  run?: ExplainRun,
  format: FormatSettings = NEUTRAL_FORMAT,
): string[] {
  const root = explainNode(plan.root, format, run?.metrics);
  if (options.format === 'json') {
    const document: Record<string, unknown> = { Plan: toJson(root, options) };
    if (run !== undefined && options.summary) {
      document['Planning Time'] = rounded(run.planningMs);
      document['Execution Time'] = rounded(run.executionMs);
    }
    return JSON.stringify([document], null, 2).split('\n');
  }
  const lines: string[] = [];
  writeText(root, options, 0, '', lines);
  if (run !== undefined && options.summary) {
    lines.push(
      `Planning Time: ${run.planningMs.toFixed(3)} ms`,
      `Execution Time: ${run.executionMs.toFixed(3)} ms`,
    );
  }
  return lines;
}

const rounded = (ms: number): number => Number(ms.toFixed(3));

function writeText(
  node: ExplainedNode,
  options: ExplainOptions,
  level: number,
  title: string,
  lines: string[],
): void {
  let depth = level;
  if (title !== '') {
    lines.push(`${' '.repeat(depth)}${title}`);
    depth += 2;
  }
  const arrow = level === 0 && title === '' ? '' : `${' '.repeat(depth)}->  `;
  lines.push(`${arrow}${node.label}${costText(node, options)}${actualText(node, options)}`);
  const detail = level === 0 && title === '' ? 2 : depth + 6;
  for (const [name, note] of node.details) {
    const value = typeof note === 'string' ? note : note.text;
    lines.push(`${' '.repeat(detail)}${name}: ${value}`);
  }
  const batches = rowBatches(node, options);
  if (batches !== undefined) lines.push(`${' '.repeat(detail)}Row Batches: ${batches}`);
  if (options.verbose) lines.push(`${' '.repeat(detail)}Output: ${node.output.join(', ')}`);
  for (const child of node.children) writeText(child.node, options, detail, child.title, lines);
}

function costText(node: ExplainedNode, options: ExplainOptions): string {
  if (!options.costs) return '';
  return `  (cost=${node.startupCost.toFixed(2)}..${node.totalCost.toFixed(2)} rows=${node.rows} width=${node.width})`;
}

function actualText(node: ExplainedNode, options: ExplainOptions): string {
  if (!options.analyze) return '';
  const { metrics } = node;
  if (metrics === undefined || metrics.loops === 0) return ' (never executed)';
  const rows = Math.round(metrics.rows / metrics.loops);
  if (!options.timing) return ` (actual rows=${rows} loops=${metrics.loops})`;
  const each = (ms: number) => (ms / metrics.loops).toFixed(3);
  return ` (actual time=${each(metrics.startupMs)}..${each(metrics.totalMs)} rows=${rows} loops=${metrics.loops})`;
}

/** Batches that the node gave, where that is wanted. */
function rowBatches({ metrics }: ExplainedNode, options: ExplainOptions): number | undefined {
  return options.analyze && options.buffers && (metrics?.loops ?? 0) > 0
    ? metrics?.batches
    : undefined;
}

function toJson(node: ExplainedNode, options: ExplainOptions, title = ''): Record<string, unknown> {
  const out: Record<string, unknown> = { 'Node Type': node.type, 'Parallel Aware': false };
  if (title !== '') out['Subplan Name'] = title;
  for (const [key, value] of node.properties) out[key] = value;
  if (options.costs) {
    out['Startup Cost'] = Number(node.startupCost.toFixed(2));
    out['Total Cost'] = Number(node.totalCost.toFixed(2));
    out['Plan Rows'] = node.rows;
    out['Plan Width'] = node.width;
  }
  const { metrics } = node;
  if (options.analyze) {
    const loops = metrics?.loops ?? 0;
    const per = Math.max(1, loops);
    if (options.timing) {
      out['Actual Startup Time'] = rounded((metrics?.startupMs ?? 0) / per);
      out['Actual Total Time'] = rounded((metrics?.totalMs ?? 0) / per);
    }
    out['Actual Rows'] = Math.round((metrics?.rows ?? 0) / per);
    out['Actual Loops'] = loops;
  }
  for (const [name, note] of node.details) {
    if (typeof note === 'string') out[name] = note;
    else for (const [property, value] of note.properties) out[property] = value;
  }
  const batches = rowBatches(node, options);
  if (batches !== undefined) out['Row Batches'] = batches;
  if (node.children.length > 0)
    out.Plans = node.children.map((child) => toJson(child.node, options, child.title));
  return out;
}
