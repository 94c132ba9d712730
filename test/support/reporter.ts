import { writeFileSync } from 'node:fs';
import Mocha, { type MochaOptions, type Runner, type Test } from 'mocha';
import { reasonOf } from './skips';

/** How long the process may live on after the last test before that counts as a failure. */
const GRACE_MS = 5_000;

/** Mocha's Spec, followed by the reason of each skip and, as the very last line, `N passed, N failed, N skipped`. */
class CountingReporter extends Mocha.reporters.Spec {
  readonly #skipped: Test[] = [];

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test: Test) => this.#skipped.push(test));
  }

  override epilogue(): void {
    super.epilogue();
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

  #count(passed: number, failed: number, skipped: number): void {
    console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
    const counted = process.env.GANTRY_TEST_COUNTED;
    if (counted) writeFileSync(counted, 'yes');
  }
}

export = CountingReporter;
