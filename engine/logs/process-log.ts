import pino, { type Logger } from 'pino';

/** Standard error: standard output belongs to people, and to `gantry up`. */
const STDERR = 2;
/** Lines of one turn are kept together up to this, bytes. */
const TURN_BYTES = 8 * 1024;

/**
 * The log of a process. What is said in one turn of the event loop goes out in one write at its end, since beside steps
 * that end by the dozen a write each costs as much as they do; so a kill loses a turn's lines at most.
 */
export function processLog(level: string, name: string): Logger {
  const destination = pino.destination({ dest: STDERR, sync: true, minLength: TURN_BYTES });
  let waits = false;
  const write = (): void => {
    waits = false;
    destination.flushSync();
  };
  process.on('exit', write);
  const lines = {
    write: (line: string): void => {
      destination.write(line);
      if (!waits) setImmediate(write);
      waits = true;
    },
  };
  return pino({ level, base: { process: name } }, lines);
}
