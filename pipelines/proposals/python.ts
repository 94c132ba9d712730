import { parse } from 'smol-toml';
import { type Finding, healthIn, type RepositoryFile, recordOf, suggestedImage, textOf, textsOf } from './finding';

const PORT = 8000;
/** Sources that may hold the app object, its routes and its settings. */
export const PYTHON_TEXTS = /^(src\/)?([a-z0-9_]+\/)?(main|app|server|wsgi|asgi|api|urls|__init__)\.py$/;

/** A Python project: Django and Flask behind gunicorn, FastAPI and Starlette behind uvicorn, else a script. */
export function findPython(files: readonly RepositoryFile[]): Finding | null {
  const requirements = textOf(files, 'requirements.txt');
  const pyproject = textOf(files, 'pyproject.toml');
  if (requirements === null && pyproject === null) return null;
  const packages = packagesIn(requirements ?? '', pyproject ?? '');
  const start = findStart(files, packages);
  if (start === null) return null;
  const source = requirements === null ? 'pyproject.toml' : 'requirements.txt';
  const wanted = requirements === null ? '.' : '-r requirements.txt';
  const { healthPath, why } = healthIn(textsOf(files, PYTHON_TEXTS));
  return {
    why: [
      `There is a ${source} and no Dockerfile: one is proposed. ${start.why}`,
      ...(packages.has('pytest') ? ['Its tests run before the release is sealed.'] : []),
      `Port ${PORT} is the server's usual one.`,
      why,
    ],
    origin: suggestedImage(dockerfile(source, [wanted, ...missing(start.server, packages)], start.command)),
    port: PORT,
    healthPath,
    test: packages.has('pytest')
      ? { in: 'gantry/python', run: `pip install ${wanted} && python -m pytest`, cache: ['~/.cache/pip'] }
      : null,
  };
}

interface Start {
  command: string[];
  /** The server that has to be installed; none for a script. */
  server: string | null;
  why: string;
}

const KINDS = [
  { framework: 'fastapi', made: /^(\w+)\s*(?::\s*\w+\s*)?=\s*FastAPI\(/m, server: 'uvicorn' },
  { framework: 'starlette', made: /^(\w+)\s*(?::\s*\w+\s*)?=\s*Starlette\(/m, server: 'uvicorn' },
  { framework: 'flask', made: /^(\w+)\s*(?::\s*\w+\s*)?=\s*Flask\(/m, server: 'gunicorn' },
] as const;

function findStart(files: readonly RepositoryFile[], packages: ReadonlySet<string>): Start | null {
  if (packages.has('django')) return djangoStart(files);
  const kind = KINDS.find(({ framework }) => packages.has(framework));
  if (kind !== undefined) {
    const app = appObject(files, kind.made) ?? 'app:app';
    const why = `${kind.server} serves ${app}, found by its ${kind.framework}.`;
    return { command: serve(kind.server, app), server: kind.server, why };
  }
  const script = ['main.py', 'app.py', 'server.py'].find((path) => textOf(files, path) !== null);
  if (script === undefined) return null;
  return { command: ['python', script], server: null, why: `It starts by ${script}, and reads its port from PORT.` };
}

function djangoStart(files: readonly RepositoryFile[]): Start {
  const wsgi = files.find(({ path }) => /^[a-z0-9_]+\/wsgi\.py$/.test(path))?.path ?? 'config/wsgi.py';
  const app = `${moduleOf(wsgi)}:application`;
  return { command: serve('gunicorn', app), server: 'gunicorn', why: `gunicorn serves ${app}, as Django made it.` };
}

/** `shop.main:app`: where the app object is made. */
function appObject(files: readonly RepositoryFile[], made: RegExp): string | undefined {
  for (const { path } of files.filter((file) => PYTHON_TEXTS.test(file.path))) {
    const name = made.exec(textOf(files, path) ?? '')?.[1];
    if (name !== undefined) return `${moduleOf(path)}:${name}`;
  }
  return undefined;
}

const moduleOf = (path: string): string =>
  path
    .replace(/^src\//, '')
    .replace(/(\/__init__)?\.py$/, '')
    .replaceAll('/', '.');

function serve(server: 'gunicorn' | 'uvicorn', app: string): string[] {
  return server === 'gunicorn'
    ? ['gunicorn', '--bind', `0.0.0.0:${PORT}`, app]
    : ['uvicorn', '--host', '0.0.0.0', '--port', String(PORT), app];
}

const missing = (server: string | null, packages: ReadonlySet<string>): string[] =>
  server === null || packages.has(server) ? [] : [server];

function dockerfile(source: string, install: readonly string[], command: readonly string[]): string[] {
  // With a list of requirements the installed layer stays as long as the list does.
  const copies = source === 'requirements.txt' ? ['COPY requirements.txt .'] : ['COPY . .'];
  return [
    'FROM gantry/python',
    'WORKDIR /app',
    ...copies,
    `RUN --mount=type=cache,target=/root/.cache/pip pip install ${install.join(' ')}`,
    ...(source === 'requirements.txt' ? ['COPY . .'] : []),
    `EXPOSE ${PORT}`,
    'USER nobody',
    `CMD ${JSON.stringify(command)}`,
  ];
}

/** Names of the wanted packages in lower case, from both files. */
function packagesIn(requirements: string, pyproject: string): Set<string> {
  return new Set([...requirements.split('\n'), ...projectDependencies(pyproject)].map(packageName).filter(Boolean));
}

const packageName = (line: string): string => /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line)?.[1]?.toLowerCase() ?? '';

function projectDependencies(text: string): string[] {
  const document = tomlOf(text);
  const project = recordOf(document.project);
  const poetry = recordOf(recordOf(recordOf(document.tool).poetry).dependencies);
  const extras = Object.values(recordOf(project['optional-dependencies'])).flat();
  return [...list(project.dependencies), ...list(extras), ...Object.keys(poetry)];
}

/** A text that is no TOML names no packages: its own tools will say what is wrong with it. */
function tomlOf(text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Error) return {};
    throw error;
  }
}

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
