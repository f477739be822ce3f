/** VARVE_PASSWORD: the first password of role postgres, where there is no way to log in and set one. */
import type { Env } from '../base/env.ts';
import type { Engine, ResultSink } from '../engine/session.ts';
import { InternalError } from '../errors/db-error.ts';
import { SCRAM_SALT_BYTES, scramVerifier } from '../platform/scram-crypto.ts';

/** Does nothing where the role has a password: a later change must not be undone at the next start. */
export async function setFirstPassword(engine: Engine, env: Env, password: string): Promise<void> {
  if (password === '' || engine.loginRole('postgres').verifier !== null) return;
  const verifier = await scramVerifier(password, env.random.bytes(SCRAM_SALT_BYTES));
  const session = await engine.createSession({
    user: 'postgres',
    database: 'postgres',
    settings: [],
    clientAddress: null,
    clientPort: null,
  });
  try {
    // A verifier holds nothing that would need quoting.
    await session.simpleQuery(`ALTER ROLE postgres PASSWORD '${verifier}'`, SILENT);
  } finally {
    await session.close();
  }
}

const SILENT: ResultSink = {
  rowDescription: () => undefined,
  rows: () => undefined,
  commandComplete: () => undefined,
  emptyQuery: () => undefined,
  portalSuspended: () => undefined,
  notice: () => undefined,
  parameterStatus: () => undefined,
  copyOutStart: () => undefined,
  copyOutData: () => undefined,
  copyOutRows: () => undefined,
  copyOutPieces: () => undefined,
  copyOutDone: () => undefined,
  copyIn: () => {
    throw new InternalError('no COPY runs here');
  },
};
