/** One kept HTTP connection to a server on this machine. */
import { Agent, request } from 'node:http';

export interface HttpOutcome {
  readonly bytes: number;
  readonly milliseconds: number;
}

export class HttpClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number) {
    this.#port = port;
  }

  /** Reads to the last byte; pieces go to `onData` where somebody wants them. */
  async get(path: string, onData?: (chunk: Buffer) => void): Promise<HttpOutcome> {
    return this.#send('GET', path, undefined, onData);
  }

  async post(path: string, body: Buffer): Promise<HttpOutcome> {
    return this.#send('POST', path, body);
  }

  /** The whole answer as text. */
  async text(path: string): Promise<string> {
    const parts: Buffer[] = [];
    await this.get(path, (chunk) => parts.push(chunk));
    return Buffer.concat(parts).toString();
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    body: Buffer | undefined,
    onData?: (chunk: Buffer) => void,
  ): Promise<HttpOutcome> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, agent: this.#agent };
      const headers = body === undefined ? {} : { 'content-length': body.length };
      const sent = request({ ...options, headers }, (response) => {
        const failed = (response.statusCode ?? 500) >= 300;
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (failed) parts.push(chunk);
          else onData?.(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          if (failed) {
            const text = Buffer.concat(parts).toString().slice(0, 300);
            reject(new Error(`HTTP ${response.statusCode} ${text}`));
          } else resolve({ bytes, milliseconds: performance.now() - start });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
