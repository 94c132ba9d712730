import { existsSync } from 'node:fs';
import type { Context, Hook, Runnable, Suite, Test } from 'mocha';

const reasons = new WeakMap<Runnable | Suite, string>();

/**
 * Skips the running test (or, from a `before` hook, its whole suite), and keeps the reason for the report.
 *
 * @param context `this` of the test or hook
 * @param reason why, and what would let it run: a person reads it at the end of the suite
 */
export function skipBecause(context: Context, reason: string): never {
  const runnable = context.test as Test | Hook | undefined;
  if (runnable?.type === 'hook') {
    // A `before` hook has a current test as well, but it skips the suite.
    const skipped = runnable.title.startsWith('"before all"') ? runnable.parent : context.currentTest;
    if (skipped) reasons.set(skipped, reason);
  } else if (runnable) {
    reasons.set(runnable, reason);
  }
  return context.skip();
}

/** Why a test was skipped; one that is pending in the code (`it.skip`, no body) says so. */
export function reasonOf(test: Test): string {
  const own = reasons.get(test);
  if (own !== undefined) return own;
  for (let suite: Suite | undefined = test.parent; suite; suite = suite.parent) {
    const reason = reasons.get(suite);
    if (reason !== undefined) return reason;
  }
  return 'marked as pending in its file';
}

/**
 * Skips what needs Docker, when there is none to be used: `--without-docker` was given, or, where mocha was started
 * without the launcher, there is no socket. Under `./gantry test` Docker is there, or the launcher refused to start.
 */
export function requireDocker(context: Context): void {
  const asked = process.env.GANTRY_TEST_DOCKER;
  if (asked === '0') skipBecause(context, 'needs Docker, and --without-docker was given');
  if (asked === undefined && !process.env.DOCKER_HOST && !existsSync('/var/run/docker.sock')) {
    skipBecause(context, 'needs Docker, and none is here: ./gantry test brings one');
  }
}
