import { type Client, path } from '../api/client';
import { readRun } from '../api/follow';
import type { Approval, Decided, Run } from '../api/types';
import type { Command, OptionSpec } from '../command';
import { failure } from '../errors';
import { runName, shortHash } from '../format/house';
import type { Input } from '../input';
import { namedOrWaitingRun } from './find-run';
import { APP, reasonOf } from './run';

const ARGUMENTS = [
  APP,
  { name: 'RUN', help: 'number of the run; the only one that waits when left out', optional: true as const },
];
const OPTIONS: Record<string, OptionSpec> = {
  step: { value: 'STEP', help: 'which gate, when several wait' },
  reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
  release: {
    value: 'HASH',
    help: 'decides only if this release is what waits (its hash, or the first 8 digits or more)',
  },
};

export const approve: Command = {
  name: 'approve',
  summary: 'says yes to what a run waits for',
  arguments: ARGUMENTS,
  options: OPTIONS,
  details:
    'The answer is bound to the release that waits now: if another one takes its place meanwhile, it is refused.',
  examples: ['gantry approve storefront', 'gantry approve storefront 3 --reason "seen in test"'],
  run: async (input, { api }) => decide(api, input, 'approve'),
};

export const reject: Command = {
  name: 'reject',
  summary: 'says no to what a run waits for; the run ends and what it changed is taken back',
  arguments: ARGUMENTS,
  options: OPTIONS,
  examples: ['gantry reject storefront 3 --reason "wrong prices"'],
  run: async (input, { api }) => decide(api, input, 'reject'),
};

async function decide(api: Client, input: Input, verb: 'approve' | 'reject') {
  const { app, number } = await namedOrWaitingRun(api, input);
  const run = await readRun(api, app, number);
  const gate = openGate(run, input.option('step'));
  const shown = input.option('release');
  if (shown !== undefined && !isPrefix(shown, gate.releaseHash)) {
    throw failure(
      'approval-changed',
      `what waits at ${runName(run)} ${gate.step} is release ${shortHash(gate.releaseHash)}, not ${shown}`,
      `look at it again: gantry run show ${app} ${number}`,
    );
  }
  const decided = await api.post<Decided>(path`/apps/${app}/runs/${number}/${verb}`, {
    step: gate.step,
    ...(gate.releaseHash === '' ? {} : { releaseHash: gate.releaseHash }),
    ...reasonOf(input.option('reason')),
  });
  return { json: decided, text: sentence(run, gate, decided) };
}

function openGate(run: Run, step: string | undefined): Approval {
  const open = run.approvals.filter((gate) => gate.state === 'requested' && (step === undefined || gate.step === step));
  const [only, another] = open;
  if (only === undefined) {
    const where = step === undefined ? runName(run) : `${runName(run)} at "${step}"`;
    throw failure(
      'nothing-waits',
      `nothing waits for approval in ${where}`,
      `see: gantry run show ${run.app} ${run.number}`,
    );
  }
  if (another !== undefined) {
    const names = open.map((gate) => gate.step).join(', ');
    throw failure('ambiguous', `several gates wait in ${runName(run)}: ${names}`, 'name one: --step STEP');
  }
  return only;
}

const HASH_MIN = 8;
const isPrefix = (shown: string, hash: string): boolean =>
  shown.length >= HASH_MIN && hash.replace(/^sha256:/, '').startsWith(shown.replace(/^sha256:/, '').toLowerCase());

function sentence(run: Run, gate: Approval, decided: Decided): string {
  const what = `${runName(run)} ${gate.step}${gate.releaseHash === '' ? '' : ` (release ${shortHash(gate.releaseHash)})`}`;
  if (decided.state === 'rejected') return `${what}: rejected, the run ends`;
  if (decided.missing > 0) {
    return `${what}: your yes is counted, ${decided.missing} more ${decided.missing === 1 ? 'person' : 'people'} needed`;
  }
  return `${what}: approved, the run goes on`;
}
