import { type Client, path } from '../api/client';
import { readRun } from '../api/follow';
import type { Approval, Decided, Run } from '../api/types';
import type { Command, OptionSpec } from '../command';
import { failure } from '../errors';
import { runName, shortHash } from '../format/house';
import type { Input } from '../input';
import { withSecondFactor } from '../second-factor';
import { namedOrNewestRun, namedOrWaitingRun } from './find-run';
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
  options: {
    ...OPTIONS,
    'break-glass': {
      help: 'an emergency: your yes alone opens the gate; needs --reason, and somebody else reviews it within 24 h',
    },
    'take-back': { help: 'takes your yes back, as long as nothing has used it' },
  },
  details:
    'The answer is bound to what waits now (release, configuration, pipeline, target, gray plan): if any of it changes ' +
    'meanwhile, it is refused. Who took part in a change does not decide over it: docs/approvals.md.',
  examples: [
    'gantry approve storefront',
    'gantry approve storefront 3 --reason "seen in test"',
    'gantry approve storefront 3 --break-glass --reason "payments fail, INC-4711"',
  ],
  run: async (input, context) =>
    input.flag('take-back')
      ? takeBack(context.api, input)
      : withSecondFactor(context, () => decide(context.api, input, 'approve', input.flag('break-glass'))),
};

export const reject: Command = {
  name: 'reject',
  summary: 'says no to what a run waits for; the run ends and what it changed is taken back',
  arguments: ARGUMENTS,
  options: OPTIONS,
  examples: ['gantry reject storefront 3 --reason "wrong prices"'],
  run: async (input, context) => withSecondFactor(context, () => decide(context.api, input, 'reject')),
};

async function takeBack(api: Client, input: Input) {
  const app = input.argument('APP');
  const number = input.optionalNumber('RUN') ?? (await namedOrNewestRun(api, input)).number;
  const step = input.option('step');
  const json = await api.post<Decided>(path`/apps/${app}/runs/${number}/withdraw`, {
    ...(step === undefined ? {} : { step }),
    ...reasonOf(input.option('reason')),
  });
  const left = json.state === 'granted' ? 'it stays open' : `${json.missing} more needed`;
  return { json, text: `${app}#${json.run} ${json.step}: your yes is taken back, ${left}` };
}

async function decide(api: Client, input: Input, verb: 'approve' | 'reject', breakGlass = false) {
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
    ...(gate.boundHash === undefined ? {} : { boundHash: gate.boundHash }),
    ...(gate.releaseHash === '' ? {} : { releaseHash: gate.releaseHash }),
    ...(breakGlass ? { breakGlass } : {}),
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
  if (decided.reviewDue != null) {
    const due = new Date(decided.reviewDue).toISOString();
    return `${what}: the glass is broken, the run goes on; somebody else must review it until ${due}: gantry review`;
  }
  return `${what}: approved, the run goes on`;
}
