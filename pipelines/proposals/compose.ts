import { readDocument } from '../document';
import { plainPath, repositoryPathProblem } from '../paths';
import { imageFinding } from './dockerfile';
import { type Finding, portFrom, type RepositoryFile, recordOf, textOf } from './finding';

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** An app whose compose file has one service that is built here. Several in folders of their own are several apps. */
export function findCompose(files: readonly RepositoryFile[]): Finding | null {
  for (const name of NAMES) {
    const text = textOf(files, name);
    const document = text === null ? null : readDocument(text, name);
    if (document?.ok !== true) continue;
    const services = Object.entries(recordOf(recordOf(document.value).services));
    const findings = services
      .map(([service, value]) => serviceFinding(files, name, service, recordOf(value)))
      .filter((finding) => finding !== null);
    const contexts = new Set(findings.map(({ origin }) => (origin.kind === 'image' ? origin.context : '.')));
    return contexts.size > 1 && !contexts.has('.') ? null : (findings[0] ?? null);
  }
  return null;
}

function serviceFinding(
  files: readonly RepositoryFile[],
  name: string,
  service: string,
  value: Record<string, unknown>,
): Finding | null {
  const build = typeof value.build === 'string' ? { context: value.build } : recordOf(value.build);
  if (Object.keys(build).length === 0) return null;
  const context = plainPath(String(build.context ?? '.'));
  const dockerfile = plainPath(`${context}/${String(build.dockerfile ?? 'Dockerfile')}`);
  if (repositoryPathProblem(dockerfile) !== null || repositoryPathProblem(context) !== null) return null;
  const why = [`${name} builds its service "${service}" from ${dockerfile}; Gantry takes over that one.`];
  const finding = imageFinding(textOf(files, dockerfile) ?? '', dockerfile, context, why);
  const inside = containerPort(value.ports);
  return inside === undefined ? finding : { ...finding, port: portFrom(inside, finding.port) };
}

/** The container's side of the first published port: `8080:3000` is 3000. */
function containerPort(ports: unknown): string | undefined {
  const first: unknown = Array.isArray(ports) ? ports[0] : undefined;
  const text = typeof first === 'object' ? String(recordOf(first).target ?? '') : String(first ?? '');
  return /([0-9]{1,5})(\/tcp)?$/.exec(text)?.[1];
}
