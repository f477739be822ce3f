/** Channels of LISTEN / NOTIFY within one server. */

type Deliver = (senderProcessId: number, channel: string, payload: string) => void;

export class Notifications {
  readonly #listeners = new Map<string, Set<number>>();
  readonly #deliver = new Map<number, Deliver>();

  register(processId: number, deliver: Deliver): void {
    this.#deliver.set(processId, deliver);
  }

  unregister(processId: number): void {
    this.#deliver.delete(processId);
    this.unlistenAll(processId);
  }

  listen(processId: number, channel: string): void {
    let listeners = this.#listeners.get(channel);
    if (listeners === undefined) this.#listeners.set(channel, (listeners = new Set()));
    listeners.add(processId);
  }

  unlisten(processId: number, channel: string): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(processId);
    if (listeners?.size === 0) this.#listeners.delete(channel);
  }

  unlistenAll(processId: number): void {
    for (const channel of [...this.#listeners.keys()]) this.unlisten(processId, channel);
  }

  channels(processId: number): string[] {
    return [...this.#listeners].filter(([, ids]) => ids.has(processId)).map(([channel]) => channel);
  }

  send(senderProcessId: number, channel: string, payload: string): void {
    for (const processId of this.#listeners.get(channel) ?? []) {
      this.#deliver.get(processId)?.(senderProcessId, channel, payload);
    }
  }
}
