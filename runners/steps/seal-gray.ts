import { StepFailure } from '../../engine/model/errors';
import type { GrayRule } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import type { ReleaseStage } from '../../engine/releases/record';
import { readUserList } from '../../pipelines/gray-users';
import { GRAY_USERS_MAX, GRAY_VALUE_MAX } from '../../pipelines/limits';
import type { GrayRuleSpec, GraySpec } from '../../pipelines/types';
import type { AppSources } from './app-sources';

/** Who will meet the release in gray, fixed with it: lists of users by the hash of their names. */
export async function sealGray(
  context: StepWork,
  sources: AppSources,
  { rules, identity }: GraySpec,
): Promise<NonNullable<ReleaseStage['gray']>> {
  const sealed: GrayRule[] = [];
  for (const rule of rules) sealed.push(await sealRule(context, sources, rule));
  return { rules: sealed, identity };
}

async function sealRule({ engine }: StepWork, sources: AppSources, rule: GrayRuleSpec): Promise<GrayRule> {
  if ('value' in rule) return rule;
  const names = rule.kind === 'users' ? rule.names : await namesIn(sources, rule.file);
  const { id } = await engine.parts.store.write((tx) => engine.gray.keepUsers(tx, names));
  return { kind: 'users', list: id };
}

/** Every name at its longest, one a line. */
const FILE_LIMIT_BYTES = GRAY_USERS_MAX * (GRAY_VALUE_MAX + 2);

async function namesIn(sources: AppSources, file: string): Promise<string[]> {
  const bytes = await sources.readFile(file, FILE_LIMIT_BYTES);
  if (bytes === undefined) {
    throw new StepFailure('user', `gray wants the users of ${file}, which this commit does not have`, 'add it');
  }
  const read = readUserList(bytes.toString('utf8'));
  if ('problem' in read) throw new StepFailure('user', `${file}: ${read.problem}`, 'mend the file, and push again');
  return read.names;
}
