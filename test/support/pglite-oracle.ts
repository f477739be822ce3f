/** PostgreSQL in process, answering in text like a client of the wire protocol would see it. */
import { PGlite } from '@electric-sql/pglite';
import type { TextResult } from './text-session.ts';

export type OracleOutcome =
  | { readonly kind: 'result'; readonly result: TextResult }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

interface ParsedMessage {
  readonly name: string;
  readonly text?: string;
  readonly code?: string;
  readonly message?: string;
  readonly fields?:
    | readonly { readonly name: string; readonly dataTypeID: number }[]
    | readonly (string | null)[];
}

export class PgliteOracle {
  readonly #pglite: PGlite;

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  static async open(): Promise<PgliteOracle> {
    const pglite = await PGlite.create();
    await pglite.exec("SET timezone = 'UTC'");
    return new PgliteOracle(pglite);
  }

  /** One message of the simple protocol; the outcome is the last statement's. */
  async run(sql: string): Promise<OracleOutcome> {
    const body = Buffer.from(`${sql}\0`);
    const message = Buffer.alloc(5);
    message[0] = 0x51;
    message.writeInt32BE(body.length + 4, 1);
    const outcome = await this.#pglite.execProtocol(Buffer.concat([message, body]), {
      throwOnError: false,
    });
    let fields: { name: string; typeOid: number }[] = [];
    let rows: (string | null)[][] = [];
    let tag = '';
    for (const item of outcome.messages as readonly ParsedMessage[]) {
      if (item.name === 'rowDescription') {
        fields = (item.fields as readonly { name: string; dataTypeID: number }[]).map((field) => ({
          name: field.name,
          typeOid: field.dataTypeID,
        }));
        rows = [];
      } else if (item.name === 'dataRow')
        rows.push([...(item.fields as readonly (string | null)[])]);
      else if (item.name === 'commandComplete') {
        tag = item.text ?? '';
        if (!/^(SELECT|INSERT|UPDATE|DELETE|FETCH|SHOW|EXPLAIN)/.test(tag))
          [fields, rows] = [[], []];
      } else if (item.name === 'error') {
        return { kind: 'error', code: item.code ?? '', message: item.message ?? '' };
      }
    }
    return { kind: 'result', result: { fields, rows, tag } };
  }

  /** Back to an empty database and default settings. */
  async reset(): Promise<void> {
    await this.#pglite.exec('ROLLBACK');
    await this.#pglite.exec('DISCARD ALL');
    const schemas = await this.#pglite.query<{ nspname: string }>(
      "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'",
    );
    for (const { nspname } of schemas.rows)
      await this.#pglite.exec(`DROP SCHEMA "${nspname}" CASCADE`);
    await this.#pglite.exec('CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC');
    const roles = await this.#pglite.query<{ rolname: string }>(
      "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user",
    );
    for (const { rolname } of roles.rows)
      await this.#pglite.exec(`DROP OWNED BY "${rolname}"; DROP ROLE "${rolname}"`);
    await this.#pglite.exec("SET timezone = 'UTC'");
  }

  async close(): Promise<void> {
    await this.#pglite.close();
  }
}
