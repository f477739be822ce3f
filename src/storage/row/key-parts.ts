/** Writes the parts of index keys column by column, without a value of its own for every row. */
import type { ByteWriter } from '../../base/byte-writer.ts';
import { encodeKey, encodeNumberKey, encodeTextKey } from '../../types/key-encoding.ts';
import { OID, type Oid } from '../../types/type.ts';
import { isNullAt, valueAt, type Vector } from '../../vector/vector.ts';

type PartWriter = (writer: ByteWriter, row: number) => void;

const PLAIN_TEXTS: ReadonlySet<Oid> = new Set([OID.text, OID.varchar, OID.name, OID.char]);

/** Appends the part that a row has by this column; what `encodeKey` does for its value. */
export function keyPartWriter(
  vector: Vector,
  descending: boolean,
  nullsFirst: boolean,
): PartWriter {
  const { oid } = vector.type;
  const general: PartWriter = (writer, row) =>
    encodeKey(writer, oid, valueAt(vector, row), descending, nullsFirst);
  if (descending) return general;
  if (vector.rep === 'f64') {
    const { data } = vector;
    return (writer, row) => {
      if (isNullAt(vector, row)) general(writer, row);
      else encodeNumberKey(writer, oid, data[row] as number);
    };
  }
  if (vector.rep === 'text' && PLAIN_TEXTS.has(oid)) {
    const { codes, dictionary } = vector;
    return (writer, row) => {
      if (isNullAt(vector, row)) general(writer, row);
      else encodeTextKey(writer, dictionary.at(codes[row] as number));
    };
  }
  return general;
}
