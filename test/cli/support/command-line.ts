import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../../cli/command-line';
import { type CliSettings, cliSettings } from '../../../settings';

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
  /** Stdout as the one JSON document. */
  json(): unknown;
}

/** A folder of its own for one test, and the command line in it. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-cli-'));
  readonly home = join(this.folder, 'home');

  settings(environment: NodeJS.ProcessEnv = {}): CliSettings {
    return cliSettings({
      PATH: process.env.PATH,
      GANTRY_HOME: this.home,
      XDG_CONFIG_HOME: this.folder,
      ...environment,
    });
  }

  async run(
    words: readonly string[],
    options: {
      environment?: NodeJS.ProcessEnv;
      terminal?: boolean;
      input?: string;
      /** The input is typed at a terminal. */
      person?: true;
      /** Is told each piece of stdout as it comes. */
      shown?: (text: string) => void;
    } = {},
  ): Promise<Ran> {
    const screens = { stdout: '', stderr: '' };
    const screen = (name: 'stdout' | 'stderr') => ({
      isTTY: options.terminal === true,
      write: (text: string) => {
        screens[name] += text;
        if (name === 'stdout') options.shown?.(text);
      },
    });
    const exit = await runCommandLine(words, {
      settings: () => this.settings(options.environment),
      folder: this.folder,
      stdin: Object.assign(new PassThrough().end(options.input ?? ''), { isTTY: options.person === true }),
      stdout: screen('stdout'),
      stderr: screen('stderr'),
    });
    return { exit, ...screens, json: () => JSON.parse(screens.stdout) };
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
