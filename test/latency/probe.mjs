/**
 * A program of its own that asks `select 1` again and again: `node probe.mjs PORT`. A message from the
 * parent starts a new measurement; the answer is the slowest answer in milliseconds, when it was asked and
 * answered by the system's monotonic clock, for how long other machines had this one's processors meanwhile
 * (in steps of 10 ms, counted from up to 100 ms before), and the number of answers.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const query = Buffer.from('Q\0\0\0\x0dselect 1\0', 'latin1');
const now = () => Number(process.hrtime.bigint()) / 1e6;
let worst = 0;
let span = [0, 0];
let answers = 0;
let asked = 0;
let ready = 0;
/** What was asked before does not count. */
let begun = 0;
let stolen = 0;
const baseline = { at: 0, stolen: 0 };

const socket = connect(Number(process.argv[2]), '127.0.0.1');
socket.setNoDelay(true);
const body = Buffer.from('user\0postgres\0database\0postgres\0\0');
const head = Buffer.alloc(8);
head.writeInt32BE(body.length + 8, 0);
head.writeInt32BE(3 << 16, 4);
socket.write(Buffer.concat([head, body]));

let rest = Buffer.alloc(0);
socket.on('data', (chunk) => {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
    if (rest[0] === 0x5a) onReady();
    rest = rest.subarray(rest.readInt32BE(1) + 1);
  }
});
socket.on('close', () => process.exit(0));

function onReady() {
  if (ready++ === 0) process.send('ready');
  else if (asked >= begun) count(now());
  setTimeout(ask, 1);
}

function count(answered) {
  answers++;
  if (answered - asked <= worst) return;
  worst = answered - asked;
  span = [asked, answered];
  stolen = stolenMs() - baseline.stolen;
}

/** Milliseconds that other machines have had this one's processors, where the system tells. */
function stolenMs() {
  try {
    return Number(readFileSync('/proc/stat', 'latin1').split(/\s+/, 9)[8]) * 10;
  } catch {
    return 0;
  }
}

function ask() {
  asked = now();
  if (asked - baseline.at > 100) {
    baseline.at = asked;
    baseline.stolen = stolenMs();
    asked = now();
  }
  socket.write(query);
}

process.on('message', () => {
  process.send({ worst, span, stolen, answers });
  worst = 0;
  answers = 0;
  begun = now();
});
