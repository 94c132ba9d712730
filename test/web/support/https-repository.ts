import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';

/** A repository over HTTPS with a certificate of its own authority, as plain files; wants a token. */
export class HttpsRepository {
  /** What came as `Authorization`, request by request. */
  readonly asked: (string | undefined)[] = [];
  readonly paths: string[] = [];
  /** Sends every request for `/app.git` to `/moved.git`. */
  moved = false;

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
    private readonly token: string,
  ) {}

  static async make(tree: string, token: string): Promise<HttpsRepository> {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-https-'));
    const certificate = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'ca.pem'];
    execFileSync('openssl', [...certificate, ...names], { cwd: folder, stdio: 'ignore' });
    execFileSync('git', ['clone', '-q', '--bare', tree, join(folder, 'app.git')]);
    execFileSync('git', ['-C', join(folder, 'app.git'), 'update-server-info']);
    const server = createServer({
      key: readFileSync(join(folder, 'key.pem')),
      cert: readFileSync(join(folder, 'ca.pem')),
    });
    const repository = new HttpsRepository(folder, server, token);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.on('request', (request, response) => void repository.answer(request, response));
    return repository;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    const path = normalize(new URL(request.url ?? '/', 'https://x').pathname);
    this.asked.push(authorization);
    this.paths.push(path);
    if (this.moved && path.startsWith('/app.git')) {
      response.writeHead(302, { location: (request.url ?? '').replace('/app.git', '/moved.git') }).end();
    } else if (authorization !== this.wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    } else {
      const bytes = await readFile(join(this.folder, path.replace('/moved.git', '/app.git'))).catch(() => undefined);
      response.writeHead(bytes === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(bytes);
    }
  }

  get wanted(): string {
    return `Basic ${Buffer.from(`x-access-token:${this.token}`).toString('base64')}`;
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}/app.git`;
  }

  get authority(): string {
    return join(this.folder, 'ca.pem');
  }

  async remove(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}
