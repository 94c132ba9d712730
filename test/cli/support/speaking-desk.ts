import { Desk, type Ran } from './command-line';
import { FakeGantry } from './fake-gantry';

/** A command line and the Gantry that it speaks to. */
export class SpeakingDesk {
  private readonly desk = new Desk();
  private constructor(readonly gantry: FakeGantry) {}

  static async make(): Promise<SpeakingDesk> {
    const gantry = new FakeGantry();
    await gantry.start();
    return new SpeakingDesk(gantry);
  }

  /** @param line words with one blank between */
  run(line: string): Promise<Ran> {
    return this.desk.run(line.split(' '), { environment: this.gantry.environment });
  }

  async clear(): Promise<void> {
    await this.gantry.stop();
    this.desk.clear();
  }
}
