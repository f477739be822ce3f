/** What a physical plan consists of, top down. */
import type { PhysicalNode } from '../../../src/plan/physical.ts';

export function kindsOf(node: PhysicalNode): PhysicalNode['kind'][] {
  const children: PhysicalNode[] = [];
  if ('input' in node) children.push(node.input);
  if ('inputs' in node) children.push(...node.inputs);
  if ('left' in node) children.push(node.left, node.right);
  return [node.kind, ...children.flatMap(kindsOf)];
}
