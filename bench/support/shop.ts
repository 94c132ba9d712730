import { PAGE_BODY_SOURCE, RELEASE_HEADER, SLOW_MS } from './load/page';

/** The sources of a small app: a page of known length and content, a tenth of the requests slow, quick health. */
export function shopSources(app: string, version: number): Record<string, string> {
  return {
    'gantry.yml': PIPELINE.replace('NAME', app),
    Dockerfile: DOCKERFILE,
    'server.js': SERVER,
    'version.txt': `${version}\n`,
  };
}

/** Gray gets a tenth of the traffic for the moment between `share` and `promote`; nobody is asked. */
const PIPELINE = `app: NAME
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
  resources: { memory: 128m, cpus: 1 }
stages:
  gray:
    share: 10%
  production:
    keepWarm: 30m
`;

/**
 * A pipeline for benches of what comes before a delivery: these commands, and only what a pipeline cannot be without.
 * @param commands entries of `build.commands`, each a line of YAML without its dash
 * @param more further keys, as lines: `on` of the whole, `serve` within it
 */
export function commandPipeline(
  app: string,
  commands: readonly string[],
  more: { on?: string; serve?: string } = {},
): string {
  return `app: ${app}
${more.on === undefined ? '' : `on: ${more.on}\n`}build:
  commands:
${commands.map((command) => `    - ${command}`).join('\n')}
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
${more.serve === undefined ? '' : `  ${more.serve}\n`}stages:
  production: { keepWarm: 0s }
`;
}

/** Test, gray, and a gate before production: what a release has that somebody looks at. */
export const gatedPipeline = (app: string): string =>
  PIPELINE.replace('NAME', app)
    .replace('  gray:', '  test: {}\n  gray:')
    .replace('  production:', '  production:\n    approve: { role: release-manager }');

const DOCKERFILE = `FROM gantry/node
WORKDIR /app
COPY . .
USER 10001:10001
EXPOSE 8080
CMD ["node", "server.js"]
`;

const SERVER = `'use strict';
const http = require('node:http');

const release = process.env.GANTRY_RELEASE;

${PAGE_BODY_SOURCE}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://shop');
  const answer = () => {
    const body = url.pathname === '/health' ? 'ok' : pageBody(release, Number(url.searchParams.get('request')));
    response.writeHead(200, {
      'content-type': 'text/plain',
      'content-length': Buffer.byteLength(body),
      '${RELEASE_HEADER}': release,
    });
    response.end(body);
  };
  if (url.pathname === '/slow') setTimeout(answer, ${SLOW_MS});
  else answer();
});
// Longer than the gateway keeps an idle connection, so that the gateway closes first and no request is cut.
server.keepAliveTimeout = 65000;
server.listen(Number(process.env.PORT));
process.once('SIGTERM', () => server.close(() => process.exit(0)));
`;
