/** What EXPLAIN ANALYZE says of hash tables and sorts that may have gone to disk. */
import type { ExplainNote } from '../../plan/explain-node.ts';

export class HashUsage {
  batches = 0;
  #memoryBytes = 0;
  #diskBytes = 0;

  noteMemory(bytes: number): void {
    this.#memoryBytes = Math.max(this.#memoryBytes, bytes);
  }

  noteDisk(bytes: number): void {
    this.#diskBytes += bytes;
  }

  /** To be printed after `Batches: `; `kind` as PostgreSQL's JSON form calls it. */
  note(kind: 'HashAgg' | 'Hash'): ExplainNote {
    const memory = kilobytes(this.#memoryBytes);
    const disk = kilobytes(this.#diskBytes);
    const onDisk = disk === 0 ? '' : `  Disk Usage: ${disk}kB`;
    return {
      text: `${this.batches}  Memory Usage: ${memory}kB${onDisk}`,
      properties: [
        [`${kind} Batches`, this.batches],
        ['Peak Memory Usage', memory],
        ['Disk Usage', disk],
      ],
    };
  }
}

/** To be printed after `Sort Method: `. */
export function sortNote(method: string, space: 'Memory' | 'Disk', bytes: number): ExplainNote {
  const used = kilobytes(bytes);
  return {
    text: `${method}  ${space}: ${used}kB`,
    properties: [
      ['Sort Method', method],
      ['Sort Space Used', used],
      ['Sort Space Type', space],
    ],
  };
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}
