import type { Logs } from '../../../engine/ports/bytes';

/** Nobody reads the logs of a simulated step. */
export const silentLogs = (): Logs => ({
  append: async () => undefined,
  end: async () => undefined,
  read: async () => Buffer.alloc(0),
  size: async () => 0,
});
