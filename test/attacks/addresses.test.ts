import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { routes } from '../../web/server';
import { type House, makeHouse } from '../web/support/house';
import { curl, headerArgs, requireProgram, run } from './support/clients';

describe('an address of Gantry', () => {
  let house: House;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-attack-'));
    house = await makeHouse();
    for (const name of ['storefront', 'ledger']) await house.post('/api/v1/apps', { name });
  });
  afterEach(async () => {
    await house.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('asks for permission however ffuf writes it: doubled, encoded, in capitals, with dots and semicolons [S32]', async function () {
    this.timeout(120_000);
    requireProgram(this, 'ffuf');
    const words = routes
      .filter(({ permission, method }) => permission !== 'public' && method === 'GET')
      .flatMap(({ path }) => variantsOf(path.replace(/:(\w+)/g, (_all, name: string) => EXAMPLES[name] ?? '1')));
    const [list, report] = [join(folder, 'words'), join(folder, 'report.json')];
    await writeFile(list, [...new Set(words)].join('\n'));
    const target = ['-u', `${house.web.url}/FUZZ`, '-w', list, '-mc', '200-299', '-t', '10', '-s'];
    await run('ffuf', [...target, '-o', report, '-of', 'json']);
    const { results } = JSON.parse(await readFile(report, 'utf8')) as { results: { url: string; length: number }[] };
    const open = results.map(({ url }) => new URL(url).pathname).filter((path) => !PUBLIC.test(path));
    expect(words.length).to.be.above(500);
    expect(open, 'answered with 2xx to nobody').to.deep.equal([]);
  });

  it('is asked by its own method, whatever another header or field says [S32]', async () => {
    const before = await house.json('/api/v1/apps');
    for (const name of [
      'X-HTTP-Method-Override',
      'X-HTTP-Method',
      'X-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
    ]) {
      for (const value of ['POST', 'DELETE', '/login', '/healthz']) {
        const answer = await curl(`${house.web.url}/api/v1/apps?_method=POST`, headerArgs({ [name]: value }));
        expect(answer.status, `${name}: ${value}`).to.equal(401);
      }
    }
    expect(await house.json('/api/v1/apps')).to.deep.equal(before);
  });

  it('reads no file that its own folder does not have [S32]', async () => {
    for (const up of [
      '..',
      '%2e%2e',
      '..%2f..',
      '%2e%2e%2f',
      '..;',
      '....//',
      '..%5c',
      '%252e%252e',
      '..%00',
      '.%2e',
    ]) {
      for (const to of [
        `/static/${up}/${up}/settings.ts`,
        `/static/${up}/package.json`,
        `/git/${up}/${up}/etc/passwd`,
      ]) {
        const { status, body } = await curl(house.web.url + to);
        expect(status, to).to.be.oneOf([400, 401, 404]);
        expect(body, to).to.not.match(/root:|"name": "gantry"|import /);
      }
    }
  });

  it('is never made of what a client says about host, port and protocol [S36]', async () => {
    const lies = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
    };
    for (const path of [
      '/',
      '/apps/storefront',
      '/login',
      '/login?next=//evil.example',
      '/api/v1/status',
      '/nothing',
    ]) {
      for (const as of [[], ['--header', `Authorization: Bearer ${house.token}`]]) {
        const { body } = await curl(house.web.url + path, ['--include', ...as, ...headerArgs(lies)]);
        expect(body, path)
          .to.not.include('evil.example/')
          .and.not.match(/^location:.*evil/im);
      }
    }
  });

  it('leads nowhere else after signing in [S36]', async () => {
    const away = [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/%09/evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
    ];
    for (const next of away) {
      const form = ['--include', '--data-urlencode', `token=${house.token}`, '--data-urlencode', `next=${next}`];
      const { body } = await curl(`${house.web.url}/login`, [...form, '--header', 'Sec-Fetch-Site: same-origin']);
      const to = /^location: (.*)$/im.exec(body)?.[1]?.trim() ?? '/';
      expect(new URL(to, house.web.url).origin, next).to.equal(house.web.url);
    }
  });

  it('answers each request once, and hides none in another one [S37]', async () => {
    const hidden = 'GET /healthz HTTP/1.1\r\nHost: hidden\r\n\r\n';
    const post = 'POST /login HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n';
    const chunked = `0\r\n\r\n${hidden}`;
    const tries: Record<string, string> = {
      'both lengths': `${post}Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      'two lengths': `${post}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      'a length with a plus': `${post}Content-Length: +0\r\n\r\n${hidden}`,
      'a folded encoding': `${post}Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
      'an encoding before a colon': `${post}Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
      'an unknown encoding': `${post}Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
      'an encoding twice': `${post}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
      'a bare line end': `${post}Content-Length: 0\nX: y\r\n\r\n${hidden}`,
      'a line end in a header': `${post}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${hidden}`,
      'a chunk size that is none': `${post}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${hidden}`,
      'a chunk that goes on': `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nAB\r\n0\r\n\r\n${hidden}`,
    };
    const served: string[] = [];
    for (const [what, bytes] of Object.entries(tries)) {
      const text = await rawAnswer(Number(new URL(house.web.url).port), bytes);
      if (text.includes('{"ok":true}')) served.push(what);
      expect(text, what).to.match(/^HTTP\/1\.1 (4|5)\d\d/);
    }
    expect(served, 'two lengths that say where the next one begins are no attack').to.deep.equal([]);
  });
});

const EXAMPLES: Record<string, string> = { app: 'storefront', file: 'gantry.css', repository: 'storefront.git' };
/** What anybody may read, also written in other ways. */
const PUBLIC = /^\/+(static|health|healthz|readyz|login)/i;

/** The same address in the ways that made others forget who asks. */
function variantsOf(path: string): string[] {
  const bare = path.slice(1);
  const inside = bare.split('/');
  return [
    bare,
    `/${bare}`,
    `//${bare}`,
    `./${bare}`,
    `x/../${bare}`,
    `login/../${bare}`,
    `login/..;/${bare}`,
    `static/../${bare}`,
    `static/%2e%2e/${bare}`,
    `healthz/..%2f${bare}`,
    `${bare}/`,
    `${bare}/.`,
    `${bare}//`,
    `${bare};x=y`,
    `${bare};.css`,
    `${bare}.css`,
    `${bare}.json`,
    `${bare}%00`,
    `${bare}%20`,
    `${bare}%09`,
    `${bare}?permission=public`,
    `${bare}%3f`,
    `${bare}%23`,
    `${bare}..;/`,
    bare.toUpperCase(),
    inside.join('//'),
    inside.join('/./'),
    inside.join('%2f'),
    inside.join('%5c'),
    inside.map((part) => `%${part.charCodeAt(0).toString(16)}${part.slice(1)}`).join('/'),
  ];
}

/** Everything that is answered until nobody says anything more. */
function rawAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(500, end);
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    socket.on('error', reject).on('close', end);
    socket.write(bytes);
  });
}
