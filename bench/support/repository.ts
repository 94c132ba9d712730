import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cleanup } from './cleanup';
import { runProgram } from './program';
import { Terminal } from './terminal';

const LIMIT_MS = 60_000;

/** A developer's clone: files in, commits, pushes. Nothing of the user's own Git configuration has a say. */
export class Repository {
  private readonly environment: NodeJS.ProcessEnv;

  constructor(
    readonly folder: string,
    environment: NodeJS.ProcessEnv,
  ) {
    this.environment = {
      PATH: environment.PATH,
      HOME: folder,
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Bench',
      GIT_AUTHOR_EMAIL: 'bench@example.org',
      GIT_COMMITTER_NAME: 'Bench',
      GIT_COMMITTER_EMAIL: 'bench@example.org',
      no_proxy: '127.0.0.1,localhost',
    };
  }

  async create(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    await this.git('init', '--quiet', '--initial-branch=main');
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
  }

  /** The id of the newest commit. */
  async head(): Promise<string> {
    return (await this.git('rev-parse', 'HEAD')).trim();
  }

  /** Pushes HEAD without waiting for what becomes of it. @returns milliseconds from its start to its end */
  async push(remote: string, branch: string): Promise<number> {
    const began = performance.now();
    await this.git('push', '--quiet', '-o', 'no-follow', remote, `HEAD:refs/heads/${branch}`);
    return performance.now() - began;
  }

  /** Pushes HEAD, by force. @returns false when it was there already */
  async pushNew(remote: string, branch: string): Promise<boolean> {
    const words = ['push', '--porcelain', '--force', '-o', 'no-follow', remote, `HEAD:refs/heads/${branch}`];
    return !/^=\t/m.test(await this.git(...words));
  }

  /** Pushes HEAD and stays to be told what becomes of it. */
  startPush(remote: string, branch: string, cleanup: Cleanup): Terminal {
    const options = { folder: this.folder, environment: this.environment, cleanup };
    return Terminal.start('git', ['push', remote, `HEAD:refs/heads/${branch}`], options);
  }

  /** Pushes HEAD as each of these branches, in one push. */
  async pushAll(remote: string, branches: readonly string[]): Promise<void> {
    const refs = branches.map((branch) => `HEAD:refs/heads/${branch}`);
    await this.git('push', '--quiet', '-o', 'no-follow', remote, ...refs);
  }

  private git(...args: string[]): Promise<string> {
    return runProgram('git', args, { folder: this.folder, environment: this.environment, limitMs: LIMIT_MS });
  }
}
