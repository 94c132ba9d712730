import type { Command } from '../command';
import type { Check } from '../doctor/check';
import { folderChecks } from '../doctor/folder';
import { machineChecks } from '../doctor/machine';
import { runnerChecks } from '../doctor/runner-checks';
import { EXIT } from '../errors';
import type { Output } from '../output';

export const doctor: Command = {
  name: 'doctor',
  summary: 'looks at each prerequisite and setting: state, why it matters, how to mend it',
  arguments: [],
  options: {},
  details: 'Changes nothing. Exit status 1 when something fails; warnings alone are 0.',
  async run(_input, { settings, out }) {
    out.progress('looking …');
    const [machine, folder, runner] = await Promise.all([
      machineChecks(settings),
      folderChecks(settings),
      runnerChecks(settings),
    ]);
    const checks = merged([...machine, ...runner, ...folder]);
    const failed = checks.filter((check) => check.state === 'fail').length;
    const warned = checks.filter((check) => check.state === 'warn').length;
    const end = `${checks.length} checks: ${failed} failed, ${warned} to look at`;
    return {
      json: { ok: failed === 0, checks },
      text: [...checks.map((check) => describe(out, check)), end].join('\n'),
      exit: failed === 0 ? EXIT.ok : EXIT.failed,
    };
  },
};

/** The runner may look at what was looked at here; the first look counts. */
const merged = (checks: readonly Check[]): Check[] =>
  [...new Map([...checks].reverse().map((check) => [check.name, check])).values()].reverse();

const STYLE = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function describe(out: Output, { name, state, found, why, mend }: Check): string {
  const head = `${out.paint(STYLE[state], state.padEnd(4))}  ${name.padEnd(16)} ${found}`;
  if (state === 'ok') return head;
  const indent = ' '.repeat(6);
  return [head, `${indent}why:  ${why}`, ...(mend === '' ? [] : [`${indent}mend: ${mend}`])].join('\n');
}
