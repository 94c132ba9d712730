import { type Finding, type RepositoryFile, suggestedImage, textOf } from './finding';

/** A Node project without a Dockerfile: one is proposed, and its tests become a command. */
export function findNpm(files: readonly RepositoryFile[]): Finding | null {
  const text = textOf(files, 'package.json');
  // The root of npm workspaces is no app: those that are lie in its folders.
  if (text === null || /"workspaces"\s*:/.test(text)) return null;
  const install = textOf(files, 'package-lock.json') === null ? 'npm install' : 'npm ci';
  const hasTest = /"test"\s*:\s*"(?!echo \\"Error: no test specified)[^"]/.test(text);
  return {
    why: [
      'There is a package.json and no Dockerfile: one is proposed.',
      ...(hasTest ? ['Its test script runs before the release is sealed.'] : []),
      'Port 3000 and /health are guesses.',
    ],
    origin: suggestedImage(dockerfile(install)),
    port: 3000,
    healthPath: '/health',
    test: hasTest ? { in: 'gantry/node', run: `${install} && npm test`, cache: ['~/.npm'] } : null,
  };
}

function dockerfile(install: string): string[] {
  return [
    'FROM gantry/node',
    'WORKDIR /app',
    'COPY . .',
    `RUN --mount=type=cache,target=/root/.npm ${install} --omit=dev`,
    'EXPOSE 3000',
    'USER nobody',
    'CMD ["npm", "start"]',
  ];
}
