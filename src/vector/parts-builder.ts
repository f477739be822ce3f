/** Builds a long column in vectors of a given length, so that nothing has to grow with all of it. */
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from './builder.ts';
import type { Vector } from './vector.ts';

export class PartsBuilder {
  readonly #type: SqlType;
  readonly #rows: number;
  readonly #parts: Vector[] = [];
  #builder: VectorBuilder;

  /** All parts but the last have `rows` rows. */
  constructor(type: SqlType, rows: number) {
    this.#type = type;
    this.#rows = rows;
    this.#builder = new VectorBuilder(type);
  }

  append(value: Value): void {
    if (this.#builder.length === this.#rows) this.#next();
    this.#builder.append(value);
  }

  /** Appends row `row` of a vector of the same type. */
  appendFrom(vector: Vector, row: number): void {
    if (this.#builder.length === this.#rows) this.#next();
    this.#builder.appendFrom(vector, row);
  }

  /** The parts; the builder must not be used afterwards. */
  finish(): readonly Vector[] {
    if (this.#builder.length > 0) this.#parts.push(this.#builder.finish());
    return this.#parts;
  }

  #next(): void {
    this.#parts.push(this.#builder.finish());
    this.#builder = new VectorBuilder(this.#type, this.#rows);
  }
}
