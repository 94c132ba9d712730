/**
 * What `push` compares with: `git http-backend` behind the least Node server that can run it. No user, no hook, no
 * record. `node bare-remote.js FOLDER` serves the repositories in FOLDER, and tells its port to who forked it.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const folder = process.argv[2] ?? '.';

const server = createServer((request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      REMOTE_ADDR: '127.0.0.1',
      ...optional('CONTENT_TYPE', request.headers['content-type']),
      ...optional('CONTENT_LENGTH', request.headers['content-length']),
      ...optional('HTTP_CONTENT_ENCODING', request.headers['content-encoding']),
      ...optional('GIT_PROTOCOL', String(request.headers['git-protocol'] ?? '')),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => request.resume());
  request.pipe(child.stdin);
  answer(child.stdout, request, response);
});

/** The head of the CGI answer becomes the head of ours, and the rest follows as it comes. */
function answer(stream: NodeJS.ReadableStream, request: IncomingMessage, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  const onData = (piece: Buffer): void => {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    stream.off('data', onData);
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    stream.pipe(response);
  };
  stream.on('data', onData);
  request.on('error', () => response.destroy());
}

const optional = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined || value === '' ? {} : { [name]: value };

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
