/**
 * Loaded into every thread of a server before its program. The parent asks the process, over its channel, and
 * the server's thread measures.
 */
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads';

const questions = new BroadcastChannel('questions');
const answers = new BroadcastChannel('answers');
questions.unref();
answers.unref();

if (isMainThread) {
  process.on('message', (question) => questions.postMessage(question));
  answers.onmessage = ({ data }) => process.send(data);
  process.on('disconnect', () => process.exit());
  // The channel alone must not keep a server alive that was told to stop.
  process.channel?.unref();
} else if (workerData?.varveService !== undefined) {
  const { start, stop } = await import('./turn-meter.mjs');
  questions.onmessage = ({ data }) => {
    if (data === 'stop') stop((answer) => answers.postMessage(answer));
    else {
      start();
      answers.postMessage('started');
    }
  };
}
