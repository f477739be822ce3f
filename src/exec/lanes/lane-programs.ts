/** The programs of one statement for the same expressions, by the shapes of batches that they have met. */
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { shapeOf } from './lane-columns.ts';
import type { LaneProgram } from './lane-program.ts';
import { buildProgram, type Wanted } from './program-builder.ts';

const PROGRAMS_MAX = 8;

interface KnownProgram {
  readonly program: LaneProgram;
  readonly shape: string | undefined;
  /** Which columns are constant in runs. */
  readonly variant: string;
}

export class LanePrograms {
  readonly #context: ExecContext;
  #known: KnownProgram[] = [];

  constructor(context: ExecContext) {
    this.#context = context;
  }

  /** A program for the batch, attached to its runs; undefined where there is none. */
  for(batch: Batch, wanted: () => Wanted | undefined): LaneProgram | undefined {
    const variant = `${batch.runs?.constantColumns.join(' ')}`;
    for (const { program, shape, ...known } of this.#known) {
      if (known.variant !== variant) continue;
      if (shape !== shapeOf(batch, columnsOf(program))) continue;
      return program.runTruths.every((truth) => truth.attach(batch)) ? program : undefined;
    }
    const parts = wanted();
    const program = parts && buildProgram(parts, batch, this.#context);
    if (program === undefined) return undefined;
    if (this.#known.length === PROGRAMS_MAX) this.#known = [];
    this.#known.push({ program, shape: shapeOf(batch, columnsOf(program)), variant });
    return program;
  }
}

function columnsOf({ columns }: LaneProgram): number[] {
  return columns.map(({ index }) => index);
}
