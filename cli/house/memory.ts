import { join } from 'node:path';
import { readJson, writePrivate } from '../processes/files';

/** What `up` leaves for a later `down --purge`, when nothing runs that could be asked. */
export interface HouseMemory {
  /** `host:port` of the gateway, as it was last. */
  gateway?: string;
  /** Was there ever a start without `--dummy`? Else Docker knows nothing of this folder. */
  usedDocker: boolean;
}

const memoryFile = (home: string): string => join(home, 'house.json');

/** A folder that does not remember may have used Docker. */
export const readMemory = (home: string): HouseMemory =>
  readJson<HouseMemory>(memoryFile(home)) ?? { usedDocker: true };

export function remember(home: string, start: { gateway: string; dummy: boolean }): void {
  const before = readJson<HouseMemory>(memoryFile(home))?.usedDocker ?? false;
  writePrivate(memoryFile(home), `${JSON.stringify({ gateway: start.gateway, usedDocker: before || !start.dummy })}\n`);
}
