/** Frontend messages and a readable form of backend messages. */

export function startup(parameters: Record<string, string>, version = 196_608): Buffer {
  const pairs = Object.entries(parameters)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('');
  return withLength(Buffer.concat([int32(version), Buffer.from(`${pairs}\0`)]));
}

export function request(code: number, ...rest: number[]): Buffer {
  return withLength(Buffer.concat([int32(code), ...rest.map(int32)]));
}

export function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const payload = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
  );
  return Buffer.concat([Buffer.from(type), withLength(payload)]);
}

export const query = (sql: string): Buffer => message('Q', `${sql}\0`);
export const parse = (sql: string, name = ''): Buffer =>
  message('P', `${name}\0${sql}\0`, int16(0));
export const bind = (portal = '', statement = ''): Buffer =>
  message('B', `${portal}\0${statement}\0`, int16(0), int16(0), int16(0));
export const describe = (kind: 'S' | 'P', name = ''): Buffer => message('D', `${kind}${name}\0`);
export const execute = (portal = '', maxRows = 0): Buffer =>
  message('E', `${portal}\0`, int32(maxRows));
export const close = (kind: 'S' | 'P', name = ''): Buffer => message('C', `${kind}${name}\0`);
export const sync = (): Buffer => message('S');
export const flush = (): Buffer => message('H');
export const terminate = (): Buffer => message('X');
export const copyData = (text: string): Buffer => message('d', text);
export const copyDone = (): Buffer => message('c');
export const copyFail = (reason: string): Buffer => message('f', `${reason}\0`);

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function withLength(payload: Buffer): Buffer {
  return Buffer.concat([int32(payload.length + 4), payload]);
}

/** `T(1) D C:SELECT 1 Z:I`: one word per message. */
export function transcript(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const words: string[] = [];
  for (let at = 0; at < buffer.length;) {
    const type = String.fromCharCode(buffer[at] as number);
    const length = buffer.readInt32BE(at + 1);
    words.push(word(type, buffer.subarray(at + 5, at + 1 + length)));
    at += 1 + length;
  }
  return words;
}

function word(type: string, payload: Buffer): string {
  switch (type) {
    case 'Z':
      return `Z:${payload.toString()}`;
    case 'C':
      return `C:${payload.subarray(0, -1).toString()}`;
    case 'D':
      return `D:${fields(payload).join(',')}`;
    case 'd':
      return `d:${payload.toString()}`;
    case 'T':
      return `T:${payload.readInt16BE(0)}`;
    case 'E':
    case 'N': {
      const parts = new Map(
        payload
          .toString()
          .split('\0')
          .map((part) => [part[0], part.slice(1)]),
      );
      return `${type}:${parts.get('S')}:${parts.get('C')}:${parts.get('M')}`;
    }
    case 'A': {
      const [channel, text] = payload.subarray(4).toString().split('\0');
      return `A:${channel}:${text}`;
    }
    case 'S':
      return `S:${payload.toString().split('\0').slice(0, 2).join('=')}`;
    case 'R':
      return `R:${payload.readInt32BE(0)}`;
    default:
      return type;
  }
}

function fields(payload: Buffer): string[] {
  const values: string[] = [];
  let at = 2;
  for (let i = payload.readInt16BE(0); i > 0; i--) {
    const length = payload.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? 'NULL' : payload.subarray(at, at + length).toString());
    at += Math.max(0, length);
  }
  return values;
}
