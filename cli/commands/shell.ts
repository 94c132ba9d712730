import { path } from '../api/client';
import { carryShell, sizeOf } from '../api/shell';
import type { Command } from '../command';
import { failure } from '../errors';
import { APP, WHICH, whichOf } from './instance';

export const shell: Command = {
  name: 'shell',
  summary: 'opens a shell in an instance of an app, or runs a command in it',
  arguments: [APP, { name: 'COMMAND', help: 'a command and its words, after --; a shell when left out', rest: true }],
  options: {
    ...WHICH,
    production: { help: 'says that you mean production: there is no other way in' },
  },
  details:
    'Who looked into what, when, and when it ended, is in the audit. Exit status: that of the command. What is changed ' +
    'in an instance is in no release: the next one starts from the sealed bytes again.',
  examples: ['gantry shell storefront --env test', 'gantry shell storefront --env test -- ls -l /app'],
  async run(input, { api, out, terminal }) {
    const app = input.argument('APP');
    const { stdin, stdout } = terminal;
    const drawn = stdin.isTTY === true && stdout.isTTY === true && !out.json;
    const wanted = {
      ...whichOf(input),
      production: input.flag('production'),
      command: input.rest(),
      terminal: drawn ? sizeOf(stdout) : null,
    };
    const socket = api.socket(path`/apps/${app}/shell`);
    const { exitCode, reason } = await api.explained(
      carryShell(socket, wanted, terminal, ({ name, place, number, of }) => {
        if (drawn) out.note(`${name}, ${number}/${of} in ${place}; what you do here is in no release`);
      }),
    );
    if (exitCode === null) throw failure('session-ended', `the session was ended: ${reason}`, 'start it again');
    return { json: undefined, text: '', exit: exitCode };
  },
};
