import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { RollbackStarted, Run } from '../api/types';
import type { Command } from '../command';
import { failure } from '../errors';
import { runName } from '../format/house';
import { exactDuration } from '../format/time';
import { APP, reasonOf } from './run';

export const rollback: Command = {
  name: 'rollback',
  summary: "takes an app's production back to the release before",
  arguments: [APP],
  options: {
    reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
    'no-wait': { help: 'returns when the rollback is accepted, not when it is made' },
  },
  details:
    'While a release is gray, its traffic goes back to stable and its run ends. Else the release that was stable ' +
    'before becomes stable again: one switch of the gateway while it is kept warm, and with its instances started ' +
    'from the kept image first when it is not. Nothing is built.',
  examples: ['gantry rollback storefront --reason "prices are wrong"'],
  async run(input, { api, now }) {
    const app = input.argument('APP');
    const began = now();
    const started = await api.post<RollbackStarted>(path`/apps/${app}/rollback`, reasonOf(input.option('reason')));
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
