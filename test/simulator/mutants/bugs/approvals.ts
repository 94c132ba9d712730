import { bug, type Mutant } from '../mutant';

export const approvals: readonly Mutant[] = [
  bug(
    'one-voice-less',
    'a gate opens with one voice less than it asks for',
    'engine/approvals/decide.ts',
    'missing <= 0',
    'missing <= 1',
  ),
  bug(
    'vote-not-bound',
    'a vote counts whatever its voter was shown',
    'engine/approvals/decide.ts',
    'vote.shownHash !== undefined && vote.shownHash !== gate.release_hash',
    'vote.shownHash === undefined && gate.release_hash === undefined',
  ),
  bug(
    'vote-counted-twice',
    'a person may vote twice at one gate',
    'engine/store/migrations.ts',
    `at bigint not null, primary key (approval_id, "user"))`,
    'at bigint not null)',
    { file: 'engine/approvals/decide.ts', from: 'if (known !== undefined) {', to: 'if (known === null) {' },
  ),
  bug(
    'no-does-not-count',
    'a gate opens although somebody said no',
    'engine/approvals/decide.ts',
    `vote.vote === 'no' ? 'rejected' : `,
    '',
  ),
  bug(
    'question-left-open',
    'the question of a run that has ended stays open',
    'engine/runs/apply.ts',
    'if (isFinalRun(row.state)) await voidApprovals(tx, { run: row.id });',
    'void voidApprovals;',
  ),
  bug(
    'nothing-bound',
    'an approval is not bound to the release',
    'engine/approvals/request.ts',
    `release_hash: release?.hash ?? '',`,
    `release_hash: '',`,
  ),
];
