/** SCRAM-SHA-256 as a PostgreSQL client does it, for servers that are given by a connection string. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export class ScramClient {
  readonly #password: string;
  readonly #firstBare = `n=,r=${randomBytes(18).toString('base64')}`;

  constructor(password: string) {
    this.#password = password;
  }

  /** Body of SASLInitialResponse. */
  first(): Buffer {
    const message = Buffer.from(`n,,${this.#firstBare}`);
    const length = Buffer.alloc(4);
    length.writeInt32BE(message.length);
    return Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), length, message]);
  }

  /** Answers the server's challenge; what it proves of itself in return is not looked at. */
  final(challenge: string): Buffer {
    const part = (name: string): string =>
      challenge
        .split(',')
        .find((text) => text.startsWith(`${name}=`))
        ?.slice(2) ?? '';
    const salt = Buffer.from(part('s'), 'base64');
    const salted = pbkdf2Sync(this.#password, salt, Number(part('i')), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const withoutProof = `c=biws,r=${part('r')}`;
    const signature = hmac(storedKey, `${this.#firstBare},${challenge},${withoutProof}`);
    const proof = clientKey.map((byte, i) => byte ^ signature[i]);
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
  }
}
