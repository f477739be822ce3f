/** Sends part of a file over a socket through two buffers that are used in turn. */
import { read } from 'node:fs';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';

const PIECE = 1 << 20;
const readFile = promisify(read);

export async function sendPiece(
  socket: Socket,
  file: number,
  offset: number,
  bytes: number,
): Promise<void> {
  const buffers = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)];
  const sent: Promise<void>[] = [Promise.resolve(), Promise.resolve()];
  let turn = 0;
  for (let at = 0; at < bytes; turn = 1 - turn) {
    await sent[turn];
    const wanted = Math.min(PIECE, bytes - at);
    const { bytesRead } = await readFile(file, buffers[turn], 0, wanted, offset + at);
    if (bytesRead === 0) throw new Error('a data file ended early');
    const part = buffers[turn].subarray(0, bytesRead);
    sent[turn] = new Promise((resolve, reject) => {
      socket.write(part, (error) => (error ? reject(error) : resolve()));
    });
    at += bytesRead;
  }
  await Promise.all(sent);
}
