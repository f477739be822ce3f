/** jsonb: a parsed document. Objects keep PostgreSQL's key order (length, then bytes), no duplicates. */
import type { Numeric } from './numeric.ts';

export type JsonNode =
  null | boolean | string | Numeric | readonly JsonNode[] | ReadonlyMap<string, JsonNode>;

export class Jsonb {
  readonly root: JsonNode;

  constructor(root: JsonNode) {
    this.root = root;
  }
}
