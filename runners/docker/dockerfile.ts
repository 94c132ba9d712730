import { StepFailure } from '../../engine/model/errors';

/**
 * A `# syntax=` line makes BuildKit fetch a program from a registry and run it as the builder. It may stand only
 * before the first instruction; later it is a comment like others. Newer engines know it behind `//` and as JSON, too.
 * @throws StepFailure (user)
 */
export function refuseSyntaxLine(path: string, text: string): void {
  if (/^\s*\{/.test(text)) throw foreignBuilder(path, 1, '{ "syntax": … }');
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() !== '' && !/^(#|\/\/)/.test(line.trim())) return;
    if (/^\s*(#|\/\/)\s*syntax\s*=/i.test(line)) throw foreignBuilder(path, index + 1, line.trim());
  }
}

function foreignBuilder(path: string, line: number, found: string): StepFailure {
  const message = `${path}:${line}: the line "${found}" would fetch a build program from a registry and run it`;
  const next = "remove the line: the engine's own Dockerfile syntax knows cache mounts, too";
  return new StepFailure('user', `${message}, which Gantry does not allow`, next);
}

/**
 * `RUN --network=host` and `RUN --security=insecure` would leave the sandbox of builds where an engine lets them.
 * @throws StepFailure (user)
 */
export function refuseLooseRuns(path: string, text: string): void {
  for (const line of joinedLines(text)) {
    const flag = /^\s*(?:ONBUILD\s+)?RUN\s+(?:--\S+\s+)*?(--(?:network=host|security=)\S*)/i.exec(line)?.[1];
    if (flag === undefined) continue;
    const message = `${path}: RUN ${flag} would leave the sandbox of builds, which Gantry does not allow`;
    throw new StepFailure('user', message, 'remove the flag (docs/sandbox.md)');
  }
}

/** Instructions that go on in the next line are one. */
const joinedLines = (text: string): string[] => text.replace(/\\\r?\n/g, ' ').split('\n');

export interface BaseStage {
  /** What `FROM` names, with the build arguments filled in as far as they are known. */
  image: string;
  alias: string | undefined;
}

/** The stages of a Dockerfile in order. */
export function stagesOf(text: string, args: Readonly<Record<string, string>>): BaseStage[] {
  const values: Record<string, string> = {};
  const stages: BaseStage[] = [];
  for (const line of joinedLines(text)) {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (/^arg$/i.test(word) && stages.length === 0) {
      const [name = '', ...value] = (rest[0] ?? '').split('=');
      values[name] = args[name] ?? value.join('=').replace(/^["']|["']$/g, '');
    }
    if (!/^from$/i.test(word)) continue;
    const [image = '', as, alias] = rest.filter((each) => !each.startsWith('--'));
    stages.push({ image: fill(image, values), alias: /^as$/i.test(as ?? '') ? alias : undefined });
  }
  return stages;
}

/** The images that a Dockerfile needs: what FROM names, without earlier stages of its own and without `scratch`. */
export function imagesOf(stages: readonly BaseStage[]): string[] {
  const named = stages.filter(({ image }, index) => {
    const earlier = stages.slice(0, index).some(({ alias }) => sameName(alias, image));
    return image !== '' && image !== 'scratch' && !earlier;
  });
  return [...new Set(named.map(({ image }) => image))];
}

/** The image that the last stage (or `target`) stands on, through stages that stand on each other. */
export function baseImageOf(stages: readonly BaseStage[], target: string | null): string | undefined {
  let index = target === null ? stages.length - 1 : stages.findIndex((stage) => sameName(stage.alias, target));
  for (;;) {
    const stage = stages[index];
    if (stage === undefined) return undefined;
    const earlier = stages.slice(0, index).findIndex(({ alias }) => sameName(alias, stage.image));
    if (earlier < 0) return stage.image;
    index = earlier;
  }
}

const sameName = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g, (_, a?: string, fallback?: string, b?: string) => {
    return values[a ?? b ?? ''] || (fallback ?? '');
  });
