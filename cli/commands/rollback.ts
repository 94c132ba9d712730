import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { RollbackStarted, Run } from '../api/types';
import type { Command } from '../command';
import { failure } from '../errors';
import { runName } from '../format/house';
import { exactDuration } from '../format/time';
import { wholeNumber } from '../input';
import { APP, reasonOf } from './run';

export const rollback: Command = {
  name: 'rollback',
  summary: "takes an app's production back to the release before",
  arguments: [APP],
  options: {
    to: { value: 'RELEASE', help: 'number of a release that served before (else the one before)' },
    reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
    'no-wait': { help: 'returns when the rollback is accepted, not when it is made' },
  },
  details:
    'While a release is gray, its traffic goes back to stable and its run ends. Else the release that was stable ' +
    'before becomes stable again: one switch of the gateway while it is kept warm, and with its instances started ' +
    'from the kept image first when it is not. --to names any release that was stable once; if its instances have to ' +
    'be started and no room is left, what is kept warm gives way. Nothing is built. When Docker has lost the image, its ' +
    'kept bytes are loaded first: "gantry release list" shows whether they are kept.',
  examples: ['gantry rollback storefront --reason "prices are wrong"', 'gantry rollback storefront --to 4'],
  async run(input, { api, now }) {
    const app = input.argument('APP');
    const began = now();
    const to = input.option('to');
    const started = await api.post<RollbackStarted>(path`/apps/${app}/rollback`, {
      ...reasonOf(input.option('reason')),
      ...(to === undefined ? {} : { to: wholeNumber('--to', to) }),
    });
    const what = `from ${started.from} to ${started.to}`;
    if (input.flag('no-wait')) return { json: started, text: `${app} goes back ${what} (run #${started.run})` };
    const run = await followRun(api, app, started.run, () => 'go on');
    const ms = now() - began;
    if (!isBack(started, run)) {
      throw failure(
        'rollback-failed',
        `${app} did not go back ${what}: ${runName(run)} ${run.state}: ${run.reason}`,
        `see: gantry run show ${app} ${run.number}`,
      );
    }
    const json = { ...started, state: run.state, ms, runMs: (run.endedAt ?? now()) - run.createdAt };
    return { json, text: `${app} went back ${what} in ${exactDuration(ms)} (run #${run.number})` };
  },
};

/** A gray release goes back by ending its own run early. */
const isBack = (started: RollbackStarted, run: Run): boolean =>
  run.state === (started.kind === 'gray' ? 'cancelled' : 'succeeded');
