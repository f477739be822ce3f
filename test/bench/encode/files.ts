/**
 * Writes a data set to files, one for each table and form, cut into sections: what one COPY, one INSERT
 * or one HTTP body holds. Files are kept and used by all systems and by later runs.
 */
import {
  closeSync,
  fsyncSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Batch, Dataset, Table } from '../data/dataset.ts';
import { COPY_BINARY } from './binary.ts';
import type { Encoder } from './encoder.ts';
import { LINE_PROTOCOL } from './line-protocol.ts';
import { Out } from './out.ts';
import { COPY_TEXT, CSV, separated, VALUES } from './separated.ts';

export type Form = 'text' | 'binary' | 'csv' | 'line' | 'insert';

export interface Section {
  readonly table: string;
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
}

export interface DataFile {
  readonly form: Form;
  readonly path: string;
  readonly table: Table;
  readonly rows: number;
  readonly bytes: number;
  readonly sections: readonly Section[];
}

/** Rows of one transaction or HTTP body: TSBS's batch, and less for INSERT, whose text must be parsed. */
const SECTION_ROWS: Readonly<Record<Form, number>> = {
  text: 10_000,
  binary: 10_000,
  csv: 1_000_000,
  line: 10_000,
  insert: 1_000,
};

/** Raised with every change to generators or encoders, so that no old file is taken for a new one. */
const VERSION = 1;

/** Payload of one CopyData message. */
const FRAME_BYTES = 65_536;

/** The files of a data set in the wanted forms; what is missing is generated in one pass. */
export function dataFiles(
  dataset: Dataset,
  forms: readonly Form[],
  directory: string,
): Map<Form, DataFile[]> {
  mkdirSync(directory, { recursive: true });
  const missing = forms.filter((form) => dataset.tables.some((table) => !isThere(form, table)));
  if (missing.length > 0) generate(dataset, missing, pathOf);
  return new Map(forms.map((form) => [form, dataset.tables.map((table) => describe(form, table))]));

  function pathOf(form: Form, table: Table): string {
    return join(directory, `v${VERSION}-${dataset.key}.${table.name}.${form}`);
  }
  function isThere(form: Form, table: Table): boolean {
    return existsSync(`${pathOf(form, table)}.json`);
  }
  function describe(form: Form, table: Table): DataFile {
    const path = pathOf(form, table);
    const sections = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Section[];
    const rows = sections.reduce((sum, section) => sum + section.rows, 0);
    const last = sections.at(-1);
    return {
      form,
      path,
      table,
      rows,
      bytes: last === undefined ? 0 : last.offset + last.bytes,
      sections,
    };
  }
}

function generate(
  dataset: Dataset,
  forms: readonly Form[],
  pathOf: (form: Form, table: Table) => string,
): void {
  const start = performance.now();
  const writers = new Map(
    dataset.tables.map((table) => [
      table.name,
      forms.map((form) => new FormWriter(form, table, pathOf(form, table))),
    ]),
  );
  let rows = 0;
  for (const batch of dataset.batches()) {
    rows += batch.rows;
    for (const writer of writers.get(batch.table.name) ?? []) writer.add(batch);
  }
  for (const list of writers.values()) for (const writer of list) writer.close();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`generated ${dataset.key}: ${rows} rows as ${forms.join(', ')} in ${seconds} s`);
}

class FormWriter {
  readonly #form: Form;
  readonly #table: Table;
  readonly #path: string;
  readonly #file: number;
  readonly #encoder: Encoder;
  readonly #sections: Section[] = [];
  readonly #out = new Out();
  #rows = 0;
  #offset = 0;

  constructor(form: Form, table: Table, path: string) {
    this.#form = form;
    this.#table = table;
    this.#path = path;
    this.#file = openSync(path, 'w');
    this.#encoder = encoderOf(form, table);
  }

  add(batch: Batch): void {
    const limit = SECTION_ROWS[this.#form];
    const write = this.#encoder.rows(batch);
    for (let row = 0; row < batch.rows; row++) {
      if (this.#rows === 0) this.#encoder.begin?.(this.#out);
      else if (this.#form === 'insert') this.#out.byte(0x2c);
      write(this.#out, row);
      if (++this.#rows === limit) this.#finish();
      else if (this.#form === 'csv' && this.#out.at > 1 << 20)
        this.#write(this.#out.buffer.subarray(0, this.#out.at));
    }
  }

  /** Sections get their frames here, so that a client only has to pass bytes on. */
  #finish(): void {
    this.#encoder.end?.(this.#out);
    const from = this.#sections.at(-1);
    const offset = from === undefined ? 0 : from.offset + from.bytes;
    const payload = this.#out.buffer.subarray(0, this.#out.at);
    const framed = this.#form === 'text' || this.#form === 'binary';
    for (let at = 0; framed && at < payload.length; at += FRAME_BYTES) {
      const part = payload.subarray(at, at + FRAME_BYTES);
      const head = Buffer.from([0x64, 0, 0, 0, 0]);
      head.writeInt32BE(part.length + 4, 1);
      this.#write(Buffer.concat([head, part]));
    }
    if (!framed) this.#write(payload);
    this.#sections.push({
      table: this.#table.name,
      offset,
      bytes: this.#offset - offset,
      rows: this.#rows,
    });
    this.#rows = 0;
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#offset += bytes.length;
    this.#out.at = 0;
  }

  close(): void {
    if (this.#rows > 0) this.#finish();
    // The disk must not be busy with it while somebody loads it.
    fsyncSync(this.#file);
    closeSync(this.#file);
    writeFileSync(`${this.#path}.json`, JSON.stringify(this.#sections));
  }
}

function encoderOf(form: Form, table: Table): Encoder {
  switch (form) {
    case 'text':
      return separated(COPY_TEXT);
    case 'csv':
      return separated(CSV);
    case 'binary':
      return COPY_BINARY;
    case 'line':
      return LINE_PROTOCOL;
    case 'insert':
      return insertEncoder(table);
  }
}

/** One simple Query message for each section. */
function insertEncoder(table: Table): Encoder {
  return {
    ...separated(VALUES),
    begin: (out) => {
      out.at = 5;
      out.ascii(`INSERT INTO ${table.name} VALUES `);
    },
    end: (out) => {
      out.reserve(1);
      out.byte(0);
      out.buffer[0] = 0x51;
      out.view.setInt32(1, out.at - 1);
    },
  };
}
