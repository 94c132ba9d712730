import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const COMMAND_MS = 120_000;

export interface Said {
  exit: number;
  stdout: string;
  stderr: string;
}

/** The compiled Gantry in a folder of its own, as an operator would have another version of it. */
export class ProgramCopy {
  constructor(
    private readonly folder: string,
    readonly version: string,
  ) {
    mkdirSync(folder, { recursive: true });
    for (const part of ['dist', 'fixtures/bases']) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true, verbatimSymlinks: true });
    }
    symlinkSync(join('dist', 'web'), join(folder, 'web'));
    symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
    const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version }));
  }

  /** One more step of the schema than the others have. */
  withMigration(statement: string): this {
    const known = join(this.folder, 'dist', 'engine', 'store', 'migrations.js');
    appendFileSync(known, `\nexports.migrations = [...exports.migrations, [${JSON.stringify(statement)}]];\n`);
    return this;
  }

  /** Its web ends when it starts. */
  withoutWeb(): this {
    const main = join(this.folder, 'dist', 'web', 'main.js');
    writeFileSync(main, "console.error('this web was built wrong'); process.exit(3);\n");
    return this;
  }

  /** It cannot tell which steps run. */
  withoutSteps(): this {
    const running = join(this.folder, 'dist', 'engine', 'steps', 'running.js');
    writeFileSync(running, "exports.runningSteps = async () => { throw new Error('the steps cannot be read'); };\n");
    return this;
  }

  /** It cannot let steps begin again. */
  withoutLift(): this {
    const hold = join(this.folder, 'dist', 'engine', 'control', 'hold.js');
    appendFileSync(hold, "\nexports.liftHold = async () => { throw new Error('the hold cannot be lifted'); };\n");
    return this;
  }

  /** A command of it, to its end. */
  run(home: string, ...words: string[]): Promise<Said> {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, GANTRY_TEST_RUN: process.env.GANTRY_TEST_RUN };
    const options = { env: { ...env, GANTRY_HOME: home }, timeout: COMMAND_MS };
    return new Promise((resolve) => {
      const main = join(this.folder, 'dist', 'cli', 'main.js');
      execFile(process.execPath, [main, ...words], options, (error, stdout, stderr) => {
        resolve({ exit: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  }
}
