/** Where a base container expects an artifact (docs/base-containers.md). */
export function artifactPlace(artifact: { kind: 'war' | 'ear' | 'file'; name: string }): string {
  switch (artifact.kind) {
    case 'war':
      return '/gantry/webapps/ROOT.war';
    case 'ear':
      return `/gantry/apps/${artifact.name}`;
    case 'file':
      return `/gantry/artifacts/${artifact.name}`;
  }
}
