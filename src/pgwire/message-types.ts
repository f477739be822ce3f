/** Type bytes and limits of the PostgreSQL frontend/backend protocol 3.0. */

/** Messages from the client. */
export const FRONTEND = {
  bind: 0x42, // B
  close: 0x43, // C
  describe: 0x44, // D
  execute: 0x45, // E
  functionCall: 0x46, // F
  flush: 0x48, // H
  parse: 0x50, // P
  query: 0x51, // Q
  sync: 0x53, // S
  terminate: 0x58, // X
  copyDone: 0x63, // c
  copyData: 0x64, // d
  copyFail: 0x66, // f
  /** PasswordMessage, SASLInitialResponse, SASLResponse. */
  password: 0x70, // p
} as const;

/** Messages to the client. */
export const BACKEND = {
  parseComplete: 0x31, // 1
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  notificationResponse: 0x41, // A
  commandComplete: 0x43, // C
  dataRow: 0x44, // D
  errorResponse: 0x45, // E
  copyInResponse: 0x47, // G
  copyOutResponse: 0x48, // H
  emptyQueryResponse: 0x49, // I
  backendKeyData: 0x4b, // K
  noticeResponse: 0x4e, // N
  authentication: 0x52, // R
  parameterStatus: 0x53, // S
  rowDescription: 0x54, // T
  readyForQuery: 0x5a, // Z
  copyDone: 0x63, // c
  copyData: 0x64, // d
  noData: 0x6e, // n
  portalSuspended: 0x73, // s
  parameterDescription: 0x74, // t
  negotiateProtocolVersion: 0x76, // v
} as const;

/** Requests that stand in the place of a protocol version. */
export const REQUEST = {
  cancel: 80_877_102,
  ssl: 80_877_103,
  gssEncryption: 80_877_104,
} as const;

export const PROTOCOL_MAJOR = 3;

/** The longest startup packet, its length word included. */
export const STARTUP_LENGTH_MAX = 10_000;
/** The longest message that holds only names and counts. */
const SMALL_LENGTH_MAX = 10_000;
/** A statement must fit in a JavaScript string, and a Bind in memory several times over. */
const LARGE_LENGTH_MAX = 256 * 1024 * 1024;
/** CopyData is handed on as it comes, so its length costs nothing. */
const COPY_LENGTH_MAX = 0x3fff_ffff;
/** PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH. */
const SASL_LENGTH_MAX = 1024;

const LENGTH_MAX = new Map<number, number>([
  [FRONTEND.bind, LARGE_LENGTH_MAX],
  [FRONTEND.close, SMALL_LENGTH_MAX],
  [FRONTEND.describe, SMALL_LENGTH_MAX],
  [FRONTEND.execute, SMALL_LENGTH_MAX],
  [FRONTEND.functionCall, LARGE_LENGTH_MAX],
  [FRONTEND.flush, SMALL_LENGTH_MAX],
  [FRONTEND.parse, LARGE_LENGTH_MAX],
  [FRONTEND.query, LARGE_LENGTH_MAX],
  [FRONTEND.sync, SMALL_LENGTH_MAX],
  [FRONTEND.terminate, SMALL_LENGTH_MAX],
  [FRONTEND.copyDone, SMALL_LENGTH_MAX],
  [FRONTEND.copyData, COPY_LENGTH_MAX],
  [FRONTEND.copyFail, SMALL_LENGTH_MAX],
]);

/** The greatest length word of a message after authentication, undefined for an unknown type. */
export function messageLengthMax(type: number): number | undefined {
  return LENGTH_MAX.get(type);
}

/** The same before: only SASL responses, and Terminate. */
export function authenticationLengthMax(type: number): number | undefined {
  if (type === FRONTEND.password) return SASL_LENGTH_MAX;
  return type === FRONTEND.terminate ? SMALL_LENGTH_MAX : undefined;
}
