/** The startup packet: who connects to what, with which settings. */
import { ByteReader } from '../base/byte-reader.ts';
import { fatalError, type DbError } from '../errors/db-error.ts';
import { truncateName } from '../types/text.ts';
import { PROTOCOL_MAJOR, REQUEST } from './message-types.ts';

export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: number }
  | { readonly kind: 'start'; readonly request: StartupRequest };

export interface StartupRequest {
  readonly user: string;
  readonly database: string;
  readonly settings: readonly (readonly [string, string])[];
  /** Set when the client asked for a newer protocol: its unknown options (`_pq_.*`). */
  readonly negotiate: readonly string[] | null;
}

/** Reads a startup packet's payload. Throws FATAL errors in PostgreSQL's words. */
export function readStartupPacket(payload: Uint8Array): StartupPacket {
  if (payload.length < 4) {
    throw fatalError('protocol_violation', 'invalid length of startup packet');
  }
  const reader = new ByteReader(payload);
  const version = reader.u32();
  switch (version) {
    case REQUEST.ssl:
      return { kind: 'ssl' };
    case REQUEST.gssEncryption:
      return { kind: 'gss' };
    case REQUEST.cancel:
      if (payload.length !== 12) {
        throw fatalError('protocol_violation', 'invalid length of startup packet');
      }
      return { kind: 'cancel', processId: reader.i32(), secretKey: reader.i32() };
    default:
      return { kind: 'start', request: readRequest(reader, version >>> 16, version & 0xffff) };
  }
}

function readRequest(reader: ByteReader, major: number, minor: number): StartupRequest {
  if (major !== PROTOCOL_MAJOR) throw unsupportedProtocol(major, minor);
  let user = '';
  let database = '';
  let options = '';
  const settings: [string, string][] = [];
  const unknown: string[] = [];
  for (const [name, value] of readPairs(reader)) {
    if (name === 'user') user = value;
    else if (name === 'database') database = value;
    else if (name === 'options') options = value;
    else if (name === 'replication') refuseReplication(value);
    else if (name.startsWith('_pq_.')) unknown.push(name);
    else settings.push([name, value]);
  }
  if (user === '') {
    throw fatalError('invalid_authorization_specification', {
      message: 'no PostgreSQL user name specified in startup packet',
    });
  }
  // As PostgreSQL cuts them; no name in the catalog is longer.
  user = truncateName(user);
  return {
    user,
    database: database === '' ? user : truncateName(database),
    settings: [...parseOptions(options), ...settings].map(withEncodingChecked),
    negotiate: minor > 0 || unknown.length > 0 ? unknown : null,
  };
}

/** Also the answer to a request that came twice. */
export function unsupportedProtocol(major: number, minor: number): DbError {
  return fatalError('feature_not_supported', {
    message: `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`,
  });
}

function readPairs(reader: ByteReader): [string, string][] {
  const pairs: [string, string][] = [];
  try {
    for (;;) {
      const name = reader.cstring();
      if (name === '') break;
      pairs.push([name, reader.cstring()]);
    }
  } catch {
    throw invalidLayout();
  }
  if (reader.remaining !== 0) throw invalidLayout();
  return pairs;
}

function invalidLayout(): DbError {
  return fatalError('protocol_violation', {
    message: 'invalid startup packet layout: expected terminator as last byte',
  });
}

function refuseReplication(value: string): void {
  if (['false', 'off', 'no', '0'].includes(value.toLowerCase())) return;
  throw fatalError('feature_not_supported', 'replication connections are not supported');
}

/** The `options` parameter: `-c name=value`, `-cname=value`, `--name=value`; `\` keeps the next character. */
export function parseOptions(options: string): [string, string][] {
  const words = splitOptions(options);
  const settings: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word.startsWith('--')) {
      settings.push(parseAssignment(word.slice(2), `--${word.slice(2)}`));
    } else if (word === '-c') {
      const argument = words[++i];
      if (argument === undefined) throw invalidArgument(word);
      settings.push(parseAssignment(argument, `-c ${argument}`));
    } else if (word.startsWith('-c')) {
      settings.push(parseAssignment(word.slice(2), `-c ${word.slice(2)}`));
    } else {
      throw invalidArgument(word);
    }
  }
  return settings;
}

function invalidArgument(word: string): DbError {
  return fatalError('syntax_error', {
    message: `invalid command-line argument for server process: ${word}`,
  });
}

function parseAssignment(text: string, shown: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 0) throw fatalError('syntax_error', { message: `${shown} requires a value` });
  return [text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1)];
}

function splitOptions(options: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < options.length; i++) {
    let character = options[i] as string;
    if (' \t\n\v\f\r'.includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (character === '\\' && i + 1 < options.length) character = options[++i] as string;
    word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Every text on the wire is UTF-8, so a client that wants another encoding must not get in. */
function withEncodingChecked(setting: readonly [string, string]): readonly [string, string] {
  if (setting[0].toLowerCase() !== 'client_encoding') return setting;
  const plain = setting[1].replace(/[^A-Za-z0-9]/g, '').toLowerCase();
  if (plain === 'utf8' || plain === 'unicode') return [setting[0], 'UTF8'];
  throw fatalError('invalid_parameter_value', {
    message: `invalid value for parameter "client_encoding": "${setting[1]}"`,
    hint: 'The server sends and reads UTF8 only.',
  });
}
