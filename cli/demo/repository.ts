import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, writePrivate } from '../processes/files';
import { type Ended, runProgram, unexpectedEnd } from './programs';

export interface Pushed extends Ended {
  /** What Gantry told the pusher, without git's `remote: `. */
  told: string[];
  /** Number and address of the run; undefined when none was told. */
  run: { number: number; url: string } | undefined;
}

export interface GitAccess {
  /** The folder's environment; git sees nothing of the user's own configuration. */
  environment: NodeJS.ProcessEnv;
  stop: AbortSignal;
}

/** Made by builds, never committed. */
const MADE = new Set(['node_modules', 'target', '.git']);
export const DEMO_AUTHOR = { name: 'Gantry Demo', email: 'demo@gantry.invalid' };
/** In the folder above the repository; git itself reads it, so that the token is in no command line. */
const CREDENTIALS = 'credentials';

/** A working copy with a history, as a developer has one. All of it is done by git. */
export class Repository {
  constructor(
    readonly folder: string,
    private readonly access: GitAccess,
  ) {}

  /** Makes the repository unless it is there, and points it to the app's remote. */
  async prepare(remote: string, token: string): Promise<void> {
    makeFolder(this.folder);
    if (!existsSync(join(this.folder, '.git'))) {
      await this.must(['init', '--quiet']);
      await this.must(['symbolic-ref', 'HEAD', 'refs/heads/main']);
      await this.must(['remote', 'add', 'gantry', remote]);
    }
    await this.must(['remote', 'set-url', 'gantry', remote]);
    const { protocol, host } = new URL(remote);
    writePrivate(join(dirname(this.folder), CREDENTIALS), `${protocol}//demo:${token}@${host}\n`);
  }

  /** Replaces all files by those of the folders, laid one over the other. */
  fill(folders: readonly string[]): void {
    for (const name of readdirSync(this.folder)) {
      if (name !== '.git') rmSync(join(this.folder, name), { recursive: true, force: true });
    }
    for (const from of folders) {
      cpSync(from, this.folder, { recursive: true, filter: (path) => path === from || !MADE.has(basename(path)) });
    }
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  async commit(title: string, { name, email } = DEMO_AUTHOR): Promise<void> {
    await this.must(['add', '--all']);
    const author = ['-c', `user.name=${name}`, '-c', `user.email=${email}`];
    await this.must([...author, 'commit', '--quiet', '--allow-empty', '--message', title]);
  }

  /** Pushes what is committed. Resolves when git ends: by default when the run has ended or waits for people. */
  async push(branch = 'main', options: { follow?: boolean; anonymous?: boolean } = {}): Promise<Pushed> {
    const { follow = true, anonymous = false } = options;
    const helper = anonymous ? [] : ['-c', `credential.helper=store --file=../${CREDENTIALS}`];
    const more = follow ? [] : ['--push-option', 'no-follow'];
    const ended = await this.git([
      ...['-c', 'credential.helper=', ...helper],
      ...['push', ...more, 'gantry', `+HEAD:refs/heads/${branch}`],
    ]);
    const told = remoteLines(ended.stderr);
    return { ...ended, told, run: runIn(told) };
  }

  /** The commit that is checked out. */
  async head(): Promise<string> {
    return (await this.must(['rev-parse', 'HEAD'])).stdout.trim();
  }

  /** Makes a bare clone beside it, as a forge has one. */
  async cloneTo(folder: string): Promise<void> {
    await this.must(['clone', '--quiet', '--bare', '--no-hardlinks', '.', folder]);
  }

  /** Pushes what is committed to such a clone, past Gantry. */
  async pushTo(folder: string, branch = 'main'): Promise<void> {
    await this.must(['push', '--quiet', folder, `HEAD:refs/heads/${branch}`]);
  }

  private async must(args: readonly string[]): Promise<Ended> {
    const ended = await this.git(args);
    if (ended.status !== 0) throw unexpectedEnd(ended);
    return ended;
  }

  private git(args: readonly string[]): Promise<Ended> {
    const environment = {
      ...this.access.environment,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: 'true',
      LC_ALL: 'C',
    };
    const program = { command: 'git', args, environment, folder: this.folder };
    return runProgram(program, `git ${args.join(' ')}`, this.access.stop);
  }
}

/** What the remote said, line by line. */
export function remoteLines(stderr: string): string[] {
  return stderr
    .split(/[\r\n]+/)
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length).replace(/^ /, '').trimEnd());
}

/** The run that the push was answered with. */
export function runIn(told: readonly string[]): { number: number; url: string } | undefined {
  for (const line of told) {
    const [url, number] = /https?:\/\/\S+\/apps\/[^/\s]+\/runs\/(\d+)/.exec(line) ?? [];
    if (url !== undefined) return { number: Number(number), url };
  }
  return undefined;
}
