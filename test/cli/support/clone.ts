import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A developer's clone, pushed to a Gantry with its owner's token. */
export class Clone {
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly folder: string,
    private readonly remote: string,
  ) {
    this.env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) => [
          [`GIT_${who}_NAME`, 'Ada'],
          [`GIT_${who}_EMAIL`, 'ada@example.org'],
        ]),
      ),
    };
    mkdirSync(folder, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
  }

  /** Commits these files and pushes them as the branch, without waiting for what becomes of it. */
  push(branch: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', `for ${branch}`);
    this.git('push', '--quiet', '-o', 'no-follow', this.remote, `HEAD:refs/heads/${branch}`);
  }

  private git(...args: string[]): void {
    execFileSync('git', args, { cwd: this.folder, env: this.env, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
