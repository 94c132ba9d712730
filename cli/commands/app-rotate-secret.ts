import { path } from '../api/client';
import type { SecretRotated } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';

export const appRotateSecret: Command = {
  name: 'app rotate-secret',
  summary: "gives an app's webhooks another secret",
  arguments: [{ name: 'APP', help: 'name of the app' }],
  options: {
    now: { help: 'refuses the old secret at once, and not in 24 hours' },
    'secret-stdin': { help: 'reads the new secret from standard input; without it Gantry makes one' },
  },
  details: [
    'Shows the new secret once. For 24 hours both are good, so that nothing is refused while the forge is told the new',
    'one; "gantry app show" says until when. A secret that others may have seen is better ended at once: --now.',
  ].join(' '),
  examples: ['gantry app rotate-secret storefront', 'gantry app rotate-secret storefront --now'],
  async run(input, context) {
    const app = input.argument('APP');
    const [secret, ...more] = input.flag('secret-stdin') ? await context.lines() : [];
    if (more.length > 0 || (input.flag('secret-stdin') && secret === undefined)) {
      throw usageError('standard input must be one line: the secret');
    }
    const body = { now: input.flag('now'), ...(secret === undefined ? {} : { secret }) };
    const rotated = await context.api.post<SecretRotated>(path`/apps/${app}/secret`, body);
    const { earlierUntil } = rotated;
    const old =
      earlierUntil === null
        ? 'The old one is refused from now on.'
        : `The old one is good until ${new Date(earlierUntil).toISOString()}.`;
    return { json: rotated, text: `The new secret, which is shown only now: ${rotated.secret}\n${old}` };
  },
};
