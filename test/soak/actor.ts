/** What every actor does: its act again and again, on connections that end now and then. */
import type { Gate } from './gate.ts';
import { sleep } from './gate.ts';
import type { SoakServer } from './soak-server.ts';
import { isConnectionLoss, type SoakSession } from './soak-session.ts';

export type Act = (session: SoakSession) => Promise<void>;

/** Where actors act. */
export interface Stage {
  readonly gate: Gate;
  readonly server: SoakServer;
  readonly hasEnded: boolean;
  connect(): Promise<SoakSession>;
  fail(who: string, error: unknown): void;
}

export interface Role {
  readonly name: string;
  readonly act: Act;
  readonly rest: () => Promise<void>;
}

const ACTS_PER_CONNECTION = 100;

/** Acts until the end, on a new connection also after each end of the server. */
export async function perform(stage: Stage, role: Role): Promise<void> {
  while (!stage.hasEnded) {
    try {
      await performOnce(stage, role);
    } catch (error) {
      const isMeant = stage.server.pid === undefined && isConnectionLoss(error);
      if (!isMeant) stage.fail(role.name, error);
      await sleep(100);
    }
  }
}

async function performOnce(stage: Stage, { act, rest }: Role): Promise<void> {
  let session: SoakSession | undefined;
  let serverLife = 0;
  try {
    for (let n = 0; n < ACTS_PER_CONNECTION && !stage.hasEnded; n++) {
      await stage.gate.turn(async () => {
        if (stage.hasEnded) return;
        if (session === undefined || serverLife !== stage.server.life) {
          serverLife = stage.server.life;
          session = await stage.connect();
        }
        await act(session);
      });
      await rest();
    }
    await session?.end();
  } catch (error) {
    session?.destroy();
    throw error;
  }
}
