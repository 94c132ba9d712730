import { appendFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha, { type MochaOptions, type Runner, type Suite, type Test } from 'mocha';
import { reasonOf } from './skips';

/** How long the process may live on after the last test before that counts as a failure. */
const GRACE_MS = 5_000;

/** Mocha's Spec, followed by the reason of each skip and, as the very last line, `N passed, N failed, N skipped`. */
class CountingReporter extends Mocha.reporters.Spec {
  readonly #skipped: Test[] = [];
  /** By file, ms, with what its hooks take. */
  readonly #took = new Map<string, number>();

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const { EVENT_TEST_PENDING, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_PENDING, (test: Test) => this.#skipped.push(test));
    const time = (suite: Suite, ms: number): void => {
      if (suite.parent?.root && suite.file) this.#took.set(suite.file, (this.#took.get(suite.file) ?? 0) + ms);
    };
    runner.on(EVENT_SUITE_BEGIN, (suite: Suite) => time(suite, -performance.now()));
    runner.on(EVENT_SUITE_END, (suite: Suite) => time(suite, performance.now()));
  }

  override epilogue(): void {
    super.epilogue();
    this.#tellSeconds();
    if (this.#skipped.length > 0) console.log('  skipped:');
    for (const test of this.#skipped) console.log(`    - ${test.fullTitle()}: ${reasonOf(test)}`);
  }

  /**
   * Called by mocha when all is over; `end` sets the exit status. A suite in which nothing ran is no green suite,
   * and one that does not end has left something open.
   */
  override done(failures: number, end: (failures: number) => void): void {
    const { passes, pending } = this.stats;
    if (passes + failures === 0) console.log('  no test ran');
    this.#count(passes, failures, pending);
    end(passes + failures === 0 ? 1 : failures);
    setTimeout(() => {
      const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
      console.log(`  the tests left something open, so the process does not end by itself: ${open}`);
      this.#count(passes, failures + 1, pending);
      // After mocha's own listener, which would set the status of the finished suite.
      process.on('exit', () => {
        process.exitCode = 1;
      });
      process.exit();
    }, GRACE_MS).unref();
  }

  /** For test/seconds.txt: how long each file took, heaviest first. */
  #tellSeconds(): void {
    const file = process.env.GANTRY_TEST_SECONDS;
    if (!file) return;
    const files = [...this.#took]
      .map(([path, ms]) => ({ path: relative(process.cwd(), path), seconds: Math.round(ms / 1000) }))
      .sort((a, b) => b.seconds - a.seconds);
    appendFileSync(file, files.map(({ path, seconds }) => `${seconds} ${path}\n`).join(''));
  }

  #count(passed: number, failed: number, skipped: number): void {
    console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
    const counted = process.env.GANTRY_TEST_COUNTED;
    if (counted) writeFileSync(counted, 'yes');
  }
}

export = CountingReporter;
