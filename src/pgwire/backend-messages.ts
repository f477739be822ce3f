/** Writes every backend message but DataRow. */
import type { DbError } from '../errors/db-error.ts';
import type { FieldDescription, FormatCode, Notice, TransactionStatus } from '../engine/session.ts';
import type { Oid } from '../types/type.ts';
import { BACKEND } from './message-types.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** A message without content. */
export function writeEmpty(out: OutputBuffer, type: number): void {
  out.begin(type);
  out.finish();
}

export function writeReadyForQuery(out: OutputBuffer, status: TransactionStatus): void {
  out.begin(BACKEND.readyForQuery);
  out.u8(status.charCodeAt(0));
  out.finish();
}

export function writeCommandComplete(out: OutputBuffer, tag: string): void {
  out.begin(BACKEND.commandComplete);
  out.cstring(tag);
  out.finish();
}

export function writeParameterStatus(out: OutputBuffer, name: string, value: string): void {
  out.begin(BACKEND.parameterStatus);
  out.cstring(name);
  out.cstring(value);
  out.finish();
}

export function writeBackendKeyData(out: OutputBuffer, processId: number, secretKey: number): void {
  out.begin(BACKEND.backendKeyData);
  out.i32(processId);
  out.i32(secretKey);
  out.finish();
}

/** A missing format means text. */
export function writeRowDescription(
  out: OutputBuffer,
  fields: readonly FieldDescription[],
  formats: readonly FormatCode[],
): void {
  out.begin(BACKEND.rowDescription);
  out.i16(fields.length);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as FieldDescription;
    out.cstring(field.name);
    out.i32(field.tableOid);
    out.i16(field.attnum);
    out.i32(field.type.oid);
    out.i16(field.typeLength);
    out.i32(field.type.typmod);
    out.i16(formatAt(formats, i));
  }
  out.finish();
}

/** Bind's rule: no formats mean text, one stands for all columns. */
export function formatAt(formats: readonly FormatCode[], column: number): FormatCode {
  return (formats.length === 1 ? formats[0] : formats[column]) ?? 0;
}

export function writeParameterDescription(out: OutputBuffer, types: readonly Oid[]): void {
  out.begin(BACKEND.parameterDescription);
  out.i16(types.length);
  for (const oid of types) out.i32(oid);
  out.finish();
}

/** CopyInResponse or CopyOutResponse. */
export function writeCopyResponse(
  out: OutputBuffer,
  type: number,
  format: FormatCode,
  columnFormats: readonly FormatCode[],
): void {
  out.begin(type);
  out.u8(format);
  out.i16(columnFormats.length);
  for (const columnFormat of columnFormats) out.i16(columnFormat);
  out.finish();
}

export function writeCopyData(out: OutputBuffer, bytes: Uint8Array): void {
  out.begin(BACKEND.copyData);
  out.raw(bytes);
  out.finish();
}

export function writeNotification(
  out: OutputBuffer,
  processId: number,
  channel: string,
  payload: string,
): void {
  out.begin(BACKEND.notificationResponse);
  out.i32(processId);
  out.cstring(channel);
  out.cstring(payload);
  out.finish();
}

/** Authentication: a code, and data of the mechanism. */
export function writeAuthentication(out: OutputBuffer, code: number, data?: Uint8Array): void {
  out.begin(BACKEND.authentication);
  out.i32(code);
  if (data !== undefined) out.raw(data);
  out.finish();
}

/** Newest minor version that we speak, and the protocol options that we do not know. */
export function writeNegotiateProtocolVersion(out: OutputBuffer, unknown: readonly string[]): void {
  out.begin(BACKEND.negotiateProtocolVersion);
  out.i32(3 << 16);
  out.i32(unknown.length);
  for (const name of unknown) out.cstring(name);
  out.finish();
}

export function writeError(out: OutputBuffer, error: DbError): void {
  const { fields } = error;
  out.begin(BACKEND.errorResponse);
  writeField(out, 'S', error.severity);
  writeField(out, 'V', error.severity);
  writeField(out, 'C', error.code);
  writeField(out, 'M', fields.message);
  writeField(out, 'D', fields.detail);
  writeField(out, 'H', fields.hint);
  writeField(out, 'P', fields.position === undefined ? undefined : String(fields.position));
  writeField(out, 'W', fields.where);
  writeField(out, 's', fields.schema);
  writeField(out, 't', fields.table);
  writeField(out, 'c', fields.column);
  writeField(out, 'd', fields.dataType);
  writeField(out, 'n', fields.constraint);
  writeField(out, 'R', fields.routine);
  out.u8(0);
  out.finish();
}

export function writeNotice(out: OutputBuffer, notice: Notice): void {
  out.begin(BACKEND.noticeResponse);
  writeField(out, 'S', notice.severity);
  writeField(out, 'V', notice.severity);
  writeField(out, 'C', notice.code);
  writeField(out, 'M', notice.message);
  writeField(out, 'D', notice.detail);
  writeField(out, 'H', notice.hint);
  out.u8(0);
  out.finish();
}

function writeField(out: OutputBuffer, code: string, value: string | undefined): void {
  if (value === undefined) return;
  out.u8(code.charCodeAt(0));
  out.cstring(value);
}
