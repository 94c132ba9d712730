import { KEEP_WARM_MS_MAX } from './limits';
import { grayShare, grayVisitors } from './lint-gray';
import { type LintFacts, type Report, type Rule, WARNING } from './lint-rule';
import { releasedApps, scheduledBranches } from './lint-triggers';
import { appNameProblem, LABEL_PATTERN, RESERVED_STAGE_NAMES } from './names';
import { nearest } from './nearest';
import { PIPELINE_FILE } from './parse';
import { isInContext, WHOLE_REPOSITORY } from './paths';
import type { PipelineSpec, Problem, StageSpec } from './types';
import { formatDuration } from './units';
import { type Path, Where } from './where';

/** What is well-formed and yet cannot work, or is doubtful (severity `warning`). In the order of the text. */
export function lintPipeline(spec: PipelineSpec, facts: LintFacts): Problem[] {
  const where = facts.where ?? new Where(PIPELINE_FILE, '');
  const problems: Problem[] = [];
  const report: Report = (path, code, message, more) => {
    problems.push(where.problem(path, code, message, more));
  };
  for (const rule of RULES) rule(spec, report, facts);
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

const appName: Rule = ({ app }, report) => {
  const problem = appNameProblem(app);
  if (problem !== null) report(['app'], 'app-name', problem);
};

const refs: Rule = ({ on }, report) => {
  if (on.branches.length > 0 || on.tags.length > 0) return;
  report(['on'], 'no-refs', 'No branch and no tag starts a run. Name one in on.branches or on.tags.');
};

/** A push that leaves an app's folder as it is starts a run only when the build sees more than that folder. */
const changedPaths: Rule = ({ on, build }, report) => {
  if (build.image?.context === WHOLE_REPOSITORY) return;
  for (const [index, pattern] of (on.paths ?? []).entries()) {
    if (!/^!?\//.test(pattern)) continue;
    const message = `"${pattern}" begins at the root of the repository; the build sees the folder of gantry.yml only.`;
    const advice = 'Write it without the "/", or let the build see the whole repository: serve.image.context: /';
    report(['on', 'paths', index], 'paths-outside', `${message} ${advice}`, { nearest: pattern.replace('/', '') });
  }
};

/** Exactly one way to come to something that runs: an image of its own, or an artifact on a base. */
const origin: Rule = ({ build, serve }, report) => {
  if (build.image !== null && serve.base !== null) {
    report(['serve', 'image'], 'two-origins', 'serve.base and serve.image exclude each other. Remove one of them.');
  } else if (build.image !== null && build.artifact !== null) {
    const message = 'build.artifact is put into serve.base, but this app builds an image. Build it in the Dockerfile.';
    report(['build', 'artifact'], 'artifact-and-image', message);
  } else if (build.artifact !== null && serve.base === null) {
    const message = 'build.artifact makes a file, and no base container takes it. Add serve.base, e.g. gantry/tomcat.';
    report(['build', 'artifact'], 'artifact-without-base', message);
  } else if (build.artifact === null && serve.base !== null) {
    const message = 'serve.base waits for an artifact, and nothing makes one. Add build.artifact, or use serve.image.';
    report(['serve', 'base'], 'base-without-artifact', message);
  } else if (build.artifact === null && build.image === null) {
    const message = 'Nothing is built. Add serve.image for a Dockerfile, or build.artifact and serve.base for a WAR.';
    report(['serve'], 'nothing-to-build', message);
  }
};

const dockerfile: Rule = ({ build }, report, { files }) => {
  if (build.image === null) return;
  const { dockerfile: file, context } = build.image;
  if (!isInContext(context, file)) {
    const message = `The build sees ${context} only, and ${file} is not in it. Name a context that holds it.`;
    report(['serve', 'image', 'context'], 'dockerfile-outside', message);
  }
  if (files === undefined || files(file)) return;
  const message = `There is no file ${file} in the repository. Add it, or name another one.`;
  report(['serve', 'image', 'dockerfile'], 'no-dockerfile', message);
};

const configurationFiles: Rule = (spec, report, { files }) => {
  if (files === undefined) return;
  const seen = new Set<string>();
  const look = (list: { from: string }[], path: Path): void => {
    for (const { from } of list.filter((file) => !seen.has(file.from))) {
      seen.add(from);
      if (!files(from))
        report(path, 'no-file', `There is no file ${from} in the repository. Add it, or remove the line.`);
    }
  };
  look(spec.serve.files, ['serve', 'files']);
  for (const stage of spec.stages) look(stage.serve.files, ['stages', stage.name, 'serve', 'files']);
};

const commandNames: Rule = ({ build }, report) => {
  const names = build.commands.map((command) => command.name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const message = `Two commands are called "${name}". Give each its own name; it becomes the name of the step.`;
    report(['build', 'commands', index, 'name'], 'command-name', message);
  }
};

const KNOWN_STAGES = ['test', 'gray', 'production'];

const stageNames: Rule = ({ stages }, report) => {
  for (const { name } of stages.filter((stage) => !KNOWN_STAGES.includes(stage.name))) {
    const near = nearest(name, KNOWN_STAGES);
    const reserved = (RESERVED_STAGE_NAMES as readonly string[]).includes(name);
    if (near !== null) {
      const message = `A stage called "${name}" would be an environment of its own. Did you mean "${near}"?`;
      report(['stages', name], 'stage-name', message, { nearest: near });
    } else if (reserved || !new RegExp(LABEL_PATTERN).test(name)) {
      const why = reserved ? 'is taken by Gantry' : 'is not a name of a-z, 0-9 and "-" that starts with a letter';
      report(['stages', name], 'stage-name', `The stage name "${name.slice(0, 80)}" ${why}. Choose another name.`);
    }
  }
};

const stageOrder: Rule = ({ stages }, report) => {
  const ranks = { environment: 0, gray: 1, production: 2 };
  for (const [index, stage] of stages.entries()) {
    const before = stages[index - 1];
    if (before === undefined || ranks[before.role] <= ranks[stage.role]) continue;
    const message = `Stage "${stage.name}" stands after "${before.name}". The order is: environments, gray, production.`;
    report(['stages', stage.name], 'stage-order', message);
  }
};

const delivery: Rule = ({ build, stages }, report) => {
  for (const { name, role } of stages.filter((stage) => stage.deliver === 'inject')) {
    const path = ['stages', name, 'deliver'];
    if (build.artifact === null) {
      const message = 'Only an artifact can be injected, and this app builds an image. Write "deliver: image".';
      report(path, 'inject-image', message, { nearest: 'image' });
    } else if (role !== 'environment') {
      const message = `"${name}" serves real traffic from sealed images only. Write "deliver: image".`;
      report(path, 'inject-in-production', message, { nearest: 'image' });
    }
  }
};

const approvals: Rule = ({ stages }, report, { solo }) => {
  for (const { name, approve } of stages) {
    if (!solo || approve === null || approve.count < 2) continue;
    const message =
      `This gate wants ${approve.count} different people, and Gantry has one user (solo mode): it could never open. ` +
      'Write "count: 1", or add users first.';
    report(['stages', name, 'approve', 'count'], 'solo-count', message, { nearest: '1' });
  }
};

const warmth: Rule = ({ stages }, report) => {
  for (const { name, keepWarm } of stages.filter((stage: StageSpec) => stage.role === 'production')) {
    const path = ['stages', name, 'keepWarm'];
    if (keepWarm > KEEP_WARM_MS_MAX) {
      const most = formatDuration(KEEP_WARM_MS_MAX);
      const message = `The old release would run beside the new one for ${formatDuration(keepWarm)}; at most ${most}.`;
      report(path, 'keep-warm-too-long', `${message} Going back later starts it again.`, { nearest: most });
    } else if (keepWarm === 0) {
      const message = 'Nothing is kept warm, so going back has to start containers first. 30m is usual.';
      report(path, 'keep-warm-zero', message, { ...WARNING, nearest: '30m' });
    }
  }
};

const RULES: readonly Rule[] = [
  appName,
  refs,
  changedPaths,
  scheduledBranches,
  releasedApps,
  origin,
  dockerfile,
  configurationFiles,
  commandNames,
  stageNames,
  stageOrder,
  delivery,
  approvals,
  grayShare,
  grayVisitors,
  warmth,
];
