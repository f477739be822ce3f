/** The program of the server's thread. */
import { service, tellOutcome } from '../platform/service-thread.ts';
import { failureOf } from './outcome.ts';
import { serve, type ServeFlags } from './serve.ts';

const { task, stopped } = service();
try {
  await serve(task as ServeFlags, stopped);
} catch (error) {
  tellOutcome(failureOf(error));
}
