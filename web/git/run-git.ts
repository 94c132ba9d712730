import { execFile } from 'node:child_process';
import { GantryError } from '../../engine/model/errors';
import { type GitPlace, gitEnvironment } from './environment';

/** Output that a reading `git` may have: the refs of a large repository. */
const OUTPUT_MAX = 64 * 1_048_576;

/**
 * Runs `git` and gives what it wrote.
 * @throws GantryError `git-missing`, `git-failed` with git's own last words.
 */
export function runGit(place: GitPlace, args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      env: gitEnvironment(place),
      timeout: timeoutMs,
      maxBuffer: OUTPUT_MAX,
      encoding: 'utf8',
    } as const;
    execFile('git', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(gitFailed(args, error, stderr));
    });
  });
}

export function gitFailed(args: readonly string[], error: Error & { code?: unknown }, stderr: string): GantryError {
  if (error.code === 'ENOENT') {
    return new GantryError(
      'unavailable',
      'git-missing',
      'git is not installed here',
      'install it: apt-get install git',
      {
        cause: error,
      },
    );
  }
  const words = stderr.trim().split('\n').at(-1) || error.message;
  return new GantryError('unavailable', 'git-failed', `git ${args[0]} failed: ${words}`, 'see gantry doctor', {
    cause: error,
  });
}
