/** Writes docs/attacks.md anew: `node -r ts-node/register test/support/write-attacks.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ATTACKS, type Attack } from './attacks';
import { findProofs, type Proof, proofsText } from './proofs';

export const ATTACKS_FILE = join(__dirname, '..', '..', 'docs', 'attacks.md');

/** The page. */
export function attacksText(proofs: readonly Proof[] = findProofs('S')): string {
  const rows = ATTACKS.map((attack) => ({ attack, by: proofs.filter(({ ids }) => ids.includes(attack.id)) }));
  const held = rows.filter(({ by }) => by.length > 0).length;
  const later = rows.filter(({ attack, by }) => by.length === 0 && attack.later !== undefined).length;
  return `# Attacks

<!-- Made from the titles of tests by: node -r ts-node/register test/support/write-attacks.ts -->

What is tried against Gantry, and the tests that try it, wherever that is possible with what an attacker would take:
curl, Git, Chromium, Docker, ffuf, hydra, sqlmap, bare sockets; all of it on the machine itself. All of them are part of
\`./gantry test\`; \`./gantry bench attacks\` runs them alone and counts. What is protected, how, and what is not is told in
[security.md](security.md).

Of ${ATTACKS.length} attacks ${held} are tried and ${later} concern what does not exist yet.

| | attack | tried by |
|---|---|---|
${rows.map(({ attack, by }) => `| ${attack.id} | ${attack.what} | ${by.length === 0 ? untried(attack) : proofsText(by)} |`).join('\n')}
`;
}

const untried = (attack: Attack): string => attack.later ?? '**no test yet**';

if (require.main === module) writeFileSync(ATTACKS_FILE, attacksText());
