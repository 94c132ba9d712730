import type { OutputLine } from '../../engine/ports/bytes';
import type { SecretFile } from '../../engine/ports/secrets';
import { Masker } from '../../engine/secrets/masker';

/** After this long without a line, what is held back for a few bytes only is shown, ms. */
const REST_MS = 1_000;

interface Log {
  line: (line: OutputLine) => void;
  close: () => Promise<void>;
}

export interface MaskedLog extends Log {
  /** From now on the values are masked in every line, and in `clean`. */
  hide(secrets: readonly SecretFile[]): void;
  /** Anything that leaves the step, with every text in it masked. */
  clean<T>(value: T): T;
}

/** The log of a step that may be given secrets: none of them reaches the log behind it. */
export function maskedLog(log: Log): MaskedLog {
  const masker = new Masker();
  let timer: NodeJS.Timeout | undefined;
  const give = (lines: readonly OutputLine[]): void => {
    for (const line of lines) log.line(line);
  };
  return {
    line: (line) => {
      give(masker.write(line));
      if (!masker.holds) return;
      clearTimeout(timer);
      timer = setTimeout(() => give(masker.rest()), REST_MS);
    },
    hide: (secrets) => give(masker.add(secrets.map(({ value }) => value))),
    clean: (value) => (masker.isEmpty ? value : (cleaned(masker, value) as typeof value)),
    close: async () => {
      clearTimeout(timer);
      give(masker.end());
      await log.close();
    },
  };
}

function cleaned(masker: Masker, value: unknown): unknown {
  if (typeof value === 'string') return masker.text(value);
  if (Array.isArray(value)) return value.map((item) => cleaned(masker, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(masker, item)]));
}
