import type { Command } from '../command';
import { completionScript, isShell, SHELLS } from '../completion/scripts';
import { usageError } from '../errors';

export const completion: Command = {
  name: 'completion',
  summary: 'prints what makes a shell complete commands, options, apps, runs and steps',
  arguments: [{ name: 'SHELL', help: SHELLS.join(', ') }],
  options: {},
  details: 'Names of apps, runs, steps and releases are asked of the Gantry that answers; without one they stay empty.',
  examples: [
    'source <(gantry completion bash)              # or in ~/.bashrc',
    'gantry completion zsh > ~/.zfunc/_gantry      # a folder of your fpath',
    'gantry completion fish > ~/.config/fish/completions/gantry.fish',
  ],
  async run(input) {
    const shell = input.argument('SHELL');
    if (!isShell(shell)) throw usageError(`"${shell}" is no shell that is known`, `there are ${SHELLS.join(', ')}`);
    const script = completionScript(shell);
    return { json: { shell, script }, text: script };
  },
};
