import type { Command } from '../command';
import { checkDemo } from '../demo/check';
import { showDemo } from '../demo/show';

export const demo: Command = {
  name: 'demo',
  summary: 'tells the whole story with two small apps: push, test, gray, production, and back',
  arguments: [],
  options: {
    check: { help: 'the same unattended in a throwaway folder: checks every claim from outside, and leaves nothing' },
    dummy: { help: 'on the dummy runner, without Docker' },
    port: { value: 'PORT', help: 'where web listens, if Gantry does not run yet (7070; with --check any free one)' },
    'gateway-port': { value: 'PORT', help: 'where apps are reached, likewise (8080)' },
  },
  details:
    'Starts Gantry in this folder if it does not run, makes the apps storefront and ledger as Git repositories in its ' +
    'data folder, and drives them as a user does: git push, the API, this command line. May be run again: it goes on ' +
    'with new commits. Without any Docker it plays on the dummy runner, and says what that does not prove.',
  examples: ['gantry demo', 'gantry demo --check'],
  run: (input, context) => (input.flag('check') ? checkDemo(input, context) : showDemo(input, context)),
};
