import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { authorityFile, ensureOwnTls } from '../../../cli/tls/own';
import { cliSettings } from '../../../settings';

/** A certificate of an authority of its own, in a folder of its own. */
export class TestTls {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
  readonly files = cliSettings({ GANTRY_HOME: this.folder }).ownTls;
  readonly authority = authorityFile(this.files);

  /** Makes it, or makes it anew in its place. @returns its serial number */
  async make(): Promise<string> {
    const made = await ensureOwnTls(this.files, ['localhost', '127.0.0.1'], Date.now(), 'renew');
    return made.certificate.serialNumber;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Told {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** A request over TLS with this authority. */
export function askSecurely(
  url: string,
  ca: Buffer,
  options: { agent?: Agent; headers?: Record<string, string>; method?: string; body?: string } = {},
): Promise<Told> {
  const { body, agent = new Agent({ keepAlive: false }), ...rest } = options;
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** The serial number of the certificate that a new connection is shown. */
export function shownSerial(port: number, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
