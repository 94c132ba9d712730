import { open } from 'node:fs/promises';
import { archiveEntries, entryBytes } from './zip';

/** Java's web applications call `javax.servlet` until Jakarta EE 8, `jakarta.servlet` since Jakarta EE 9. */
export type ServletAge = 'javax' | 'jakarta';

/** Enough to meet a servlet, a filter or a listener. */
const MAX_CLASSES = 5_000;
const MAX_CLASS_BYTES = 1024 * 1024;
const OWN_CLASS = /^WEB-INF\/classes\/.+\.class$/;

/**
 * Which of the two a WAR's own classes are made for. Its libraries are not asked: many can do either.
 * @returns undefined when its classes name neither, or both
 */
export async function servletAge(path: string): Promise<ServletAge | undefined> {
  const kind = 'war';
  const classes = (await archiveEntries(path, kind)).filter(({ name }) => OWN_CLASS.test(name));
  const named = new Set<ServletAge>();
  const file = await open(path, 'r');
  try {
    for (const entry of classes.slice(0, MAX_CLASSES)) {
      const bytes = await entryBytes(file, entry, { kind, limitBytes: MAX_CLASS_BYTES });
      for (const age of ['javax', 'jakarta'] as const) {
        // Types stand in a class file's constants as they are, in UTF-8 (Java VM specification, 4.4.7).
        if (bytes?.includes(`${age}/servlet/`)) named.add(age);
      }
    }
  } finally {
    await file.close();
  }
  return named.size === 1 ? [...named][0] : undefined;
}
