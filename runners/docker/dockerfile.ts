import { StepFailure } from '../../engine/model/errors';

/**
 * A `# syntax=` line makes BuildKit fetch a program from a registry and run it as the builder. It may stand only
 * before the first instruction; later it is a comment like others.
 * @throws StepFailure (user)
 */
export function refuseSyntaxLine(path: string, text: string): void {
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() !== '' && !line.trim().startsWith('#')) return;
    const frontend = /^\s*#\s*syntax\s*=\s*(\S*)/i.exec(line)?.[1];
    if (frontend === undefined) continue;
    throw new StepFailure(
      'user',
      `${path}:${index + 1}: the line "${line.trim()}" would fetch a build program (${frontend}) from a registry and run it, ` +
        'which Gantry does not allow',
      "remove the line: the engine's own Dockerfile syntax knows cache mounts, too",
    );
  }
}

export interface BaseStage {
  /** What `FROM` names, with the build arguments filled in as far as they are known. */
  image: string;
  alias: string | undefined;
}

/** The stages of a Dockerfile in order. */
export function stagesOf(text: string, args: Readonly<Record<string, string>>): BaseStage[] {
  const values: Record<string, string> = {};
  const stages: BaseStage[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
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
