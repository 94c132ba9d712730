/** Writes docs/faults.md anew: `node -r ts-node/register test/support/write-faults.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, type Fault } from './faults';
import { findProofs, type Proof, proofsText } from './proofs';

export const FAULTS_FILE = join(__dirname, '..', '..', 'docs', 'faults.md');

/** The page. */
export function faultsText(proofs: readonly Proof[] = findProofs('F')): string {
  const rows = FAULTS.map((fault) => ({ fault, by: proofs.filter(({ ids }) => ids.includes(fault.id)) }));
  const proven = rows.filter(({ by }) => by.length > 0).length;
  const later = rows.filter(({ fault, by }) => by.length === 0 && fault.later !== undefined).length;
  return `# Faults

<!-- Made from the titles of tests by: node -r ts-node/register test/support/write-faults.ts -->

What Gantry lives through, and the tests that prove it: each makes the fault happen to real parts (processes, Redis,
disks, Docker, HAProxy) wherever that is possible. All of them are part of \`./gantry test\`.

Of ${FAULTS.length} faults ${proven} are proven and ${later} concern what does not exist yet.

| | fault | proven by |
|---|---|---|
${rows.map(({ fault, by }) => `| ${fault.id} | ${fault.what} | ${by.length === 0 ? unproven(fault) : proofsText(by)} |`).join('\n')}
`;
}

const unproven = (fault: Fault): string => fault.later ?? '**no test yet**';

if (require.main === module) writeFileSync(FAULTS_FILE, faultsText());
