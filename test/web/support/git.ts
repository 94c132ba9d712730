import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  code: number;
  /** Both outputs, as a person sees them. */
  text: string;
}

/** A developer's clone: only their own settings, and no prompt ever. */
export class WorkTree {
  private constructor(readonly folder: string) {}

  static async make(): Promise<WorkTree> {
    const tree = new WorkTree(await mkdtemp(join(tmpdir(), 'gantry-tree-')));
    await tree.git('init', '-q', '-b', 'main');
    return tree;
  }

  async commit(file: string, text: string, message = `change ${file}`): Promise<string> {
    await writeFile(join(this.folder, file), text);
    await this.git('add', '-A');
    await this.git('commit', '-q', '-m', message);
    return (await this.git('rev-parse', 'HEAD')).text.trim();
  }

  git(...args: string[]): Promise<Ran> {
    const env = {
      PATH: process.env.PATH ?? '',
      GANTRY_TEST_RUN: process.env.GANTRY_TEST_RUN ?? '',
      HOME: this.folder,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
      LC_ALL: 'C.UTF-8',
    };
    return new Promise((resolve) => {
      execFile('git', args, { cwd: this.folder, env, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr });
      });
    });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
