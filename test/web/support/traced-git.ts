import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A `git` whose programs, and those that they start, are written down by the kernel. */
export class TracedGit {
  private constructor(private readonly folder: string) {}

  /** Undefined where strace is not there, or must not be used. */
  static async make(): Promise<TracedGit | undefined> {
    try {
      execFileSync('strace', ['-f', '-e', 'trace=execve', 'true'], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    const folder = await mkdtemp(join(tmpdir(), 'gantry-traced-git-'));
    const script = `#!/usr/bin/env bash
PATH="\${PATH#*:}"
exec strace -f -qq -e trace=execve -e status=successful -o "${folder}/trace.$$" git "$@"
`;
    await writeFile(join(folder, 'git'), script);
    await chmod(join(folder, 'git'), 0o755);
    return new TracedGit(folder);
  }

  get programs(): string {
    return `${this.folder}${delimiter}${process.env.PATH ?? ''}`;
  }

  /** The paths of all programs that were started. */
  async started(): Promise<string[]> {
    const files = (await readdir(this.folder)).filter((name) => name.startsWith('trace.'));
    const texts = await Promise.all(files.map((name) => readFile(join(this.folder, name), 'utf8')));
    return texts.flatMap((text) => [...text.matchAll(/ execve\("([^"]+)"/g)].map(([, path]) => path ?? ''));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
