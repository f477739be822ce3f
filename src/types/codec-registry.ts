/** The table of codecs by type. codecs.ts fills it; composed codecs look their elements up here. */
import { notSupported } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { typeInfo } from './type-table.ts';
import type { Oid } from './type.ts';

const CODECS = new Map<Oid, Codec>();

/** Sets the codec of a type; a row type of the catalog is registered when it is created. */
export function registerCodec(oid: Oid, codec: Codec): void {
  CODECS.set(oid, codec);
}

/** Forgets the codec of a dropped type. */
export function unregisterCodec(oid: Oid): void {
  CODECS.delete(oid);
}

let rowTypeCodec: Codec | undefined;

/** Sets the codec of all types that are not built in: row types of the catalog and arrays of them. */
export function registerRowTypeCodec(codec: Codec): void {
  rowTypeCodec = codec;
}

export function lookupCodec(oid: Oid): Codec | undefined {
  return CODECS.get(oid) ?? (typeInfo(oid) === undefined ? rowTypeCodec : undefined);
}

/** The codec of a type; throws where values of the type cannot be read or written. */
export function mustCodec(oid: Oid): Codec {
  const codec = lookupCodec(oid);
  if (codec !== undefined) return codec;
  throw notSupported(`input or output of type ${typeInfo(oid)?.name ?? `with OID ${oid}`}`);
}
