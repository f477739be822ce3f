/** Facts about X.509 certificates that Node.js does not tell. */
import { createHash, type X509Certificate } from 'node:crypto';

/**
 * RFC 5929 tls-server-end-point: the certificate's hash under its signature's hash function, with
 * SHA-256 in place of MD5 and SHA-1.
 */
export function certificateEndPoint(certificate: X509Certificate): Uint8Array {
  const der = certificate.raw;
  const algorithm = HASH_OF_SIGNATURE.get(signatureAlgorithm(der)) ?? 'sha256';
  return new Uint8Array(createHash(algorithm).update(der).digest());
}

/** Signature algorithms by the hexadecimal form of their object identifier. */
const HASH_OF_SIGNATURE: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/** Certificate ::= SEQUENCE { tbs SEQUENCE, SEQUENCE { algorithm OID ... } ... } */
function signatureAlgorithm(der: Uint8Array): string {
  const certificate = element(der, 0);
  const body = element(der, certificate.start);
  const algorithm = element(der, body.end);
  const identifier = element(der, algorithm.start);
  return Buffer.from(der.subarray(identifier.start, identifier.end)).toString('hex');
}

/** Where the content of the DER element at `offset` starts and ends. */
function element(der: Uint8Array, offset: number): { start: number; end: number } {
  const first = der[offset + 1] as number;
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first };
  const lengthBytes = first & 0x7f;
  let length = 0;
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (der[offset + 2 + i] as number);
  const start = offset + 2 + lengthBytes;
  return { start, end: start + length };
}
