import {
  type Finding,
  hasFile,
  healthIn,
  portFrom,
  type RepositoryFile,
  suggestedImage,
  textOf,
  textsOf,
} from './finding';

/** What `gantry/go` has. */
const GO_MINOR = 23;

/** A Go module with a main package, at its root or in `cmd/NAME`. */
export function findGo(files: readonly RepositoryFile[]): Finding | null {
  const module = textOf(files, 'go.mod');
  if (module === null) return null;
  const mains = mainPackages(files);
  const main = choose(mains, module);
  if (main === undefined) return null;
  const texts = textsOf(files, GO_TEXTS);
  const said = texts.map((text) => /":([0-9]{2,5})"/.exec(text)?.[1]).find(Boolean);
  const { healthPath, why } = healthIn(texts);
  const port = portFrom(said, 8080);
  return {
    why: [
      `There is a go.mod and no Dockerfile: one is proposed; it builds ${main}.`,
      ...(mains.length > 1 ? [`The other main packages are ${mains.filter((each) => each !== main).join(', ')}.`] : []),
      ...tooNew(module),
      said === undefined ? `Port ${port} is a guess.` : `Port ${port} stands in the sources.`,
      why,
    ],
    origin: suggestedImage(dockerfile(main, port)),
    port,
    healthPath,
    test: hasFile(files, /_test\.go$/)
      ? { in: 'gantry/go', run: 'go test ./...', cache: ['~/go', '~/.cache/go-build'] }
      : null,
  };
}

/** Sources that may say port and health path. */
export const GO_TEXTS = /^(cmd\/[^/]+\/)?[a-z0-9_]+\.go$/;

/** Folders with a main package, as Go names them: `.`, `./cmd/shop`. A text that was not given counts by its name. */
function mainPackages(files: readonly RepositoryFile[]): string[] {
  const mains = files
    .filter(({ path }) => GO_TEXTS.test(path) && !path.endsWith('_test.go'))
    .filter(({ path, text }) => (text === undefined ? /(^|\/)main\.go$/.test(path) : /^package main\b/m.test(text)))
    .map(({ path }) => (path.includes('/') ? `./${path.slice(0, path.lastIndexOf('/'))}` : '.'));
  return [...new Set(mains)].filter((folder) => /^[A-Za-z0-9._/-]+$/.test(folder));
}

/** The one at the root, or the one that is called like the module; else the first. */
function choose(mains: readonly string[], module: string): string | undefined {
  const name = /^module\s+\S*?([^/\s]+)\s*$/m.exec(module)?.[1];
  return mains.find((main) => main === '.') ?? mains.find((main) => main === `./cmd/${name}`) ?? mains[0];
}

function tooNew(module: string): string[] {
  const wanted = Number(/^go\s+1\.([0-9]+)/m.exec(module)?.[1] ?? 0);
  if (wanted <= GO_MINOR) return [];
  return [`go.mod wants Go 1.${wanted}, and gantry/go has 1.${GO_MINOR}: name another image in the first FROM.`];
}

function dockerfile(main: string, port: number): string[] {
  return [
    'FROM gantry/go AS build',
    'WORKDIR /src',
    'COPY . .',
    'RUN --mount=type=cache,target=/root/go --mount=type=cache,target=/root/.cache/go-build \\',
    `    go build -o /usr/local/bin/app ${main}`,
    '',
    'FROM gantry/debian',
    'COPY --from=build /usr/local/bin/app /usr/local/bin/app',
    `EXPOSE ${port}`,
    'USER nobody',
    'CMD ["app"]',
  ];
}
