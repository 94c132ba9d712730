import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { forwardedBy } from '../../web/identity/forwarded';
import { type House, makeHouse } from './support/house';

const PROXIES = ['10.0.0.5', '10.1.0.0/16', 'fd00::/8'];

/** What is left of the headers of a request from this address. */
function left(from: string, headers: Record<string, string>): Record<string, unknown> {
  const request = { headers: { ...headers }, socket: { remoteAddress: from } } as unknown as IncomingMessage;
  forwardedBy(PROXIES)(request);
  return request.headers;
}

describe('what a request says of its way', () => {
  it('is dropped when it does not come from a proxy of ours [S36]', () => {
    const claimed = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' };
    for (const from of ['192.0.2.7', '10.0.0.6', '10.2.0.1', '::ffff:192.0.2.7', ''])
      expect(left(from, { host: 'g', ...claimed })).to.deep.equal({ host: 'g' });
  });

  it('is believed of our proxies, by address and by network, IPv4 and IPv6', () => {
    const said = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'gantry.example' };
    for (const from of ['10.0.0.5', '::ffff:10.0.0.5', '10.1.255.1', 'fd00::1'])
      expect(left(from, said)).to.deep.equal(said);
  });

  it('is what the proxy saw, and not what the client wrote before [S36]', () => {
    expect(
      left('10.0.0.5', {
        'x-forwarded-for': '127.0.0.1, 192.0.2.7',
        'x-forwarded-proto': 'https, http',
        'x-forwarded-host': 'evil.example, gantry.example',
      }),
    ).to.deep.equal({
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'gantry.example',
    });
  });

  it('is followed through several proxies of ours to the client', () => {
    expect(
      left('10.0.0.5', { 'x-forwarded-for': '1.1.1.1, 192.0.2.7, 10.1.0.9', 'x-forwarded-proto': 'http, https, http' }),
    ).to.deep.equal({ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' });
  });
});

describe('web behind a proxy', () => {
  let house: House;
  const login = async (headers: Record<string, string>) => {
    const answer = await house.ask('/login', {
      as: 'nobody',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token: house.token }).toString(),
    });
    return { status: answer.status, cookie: answer.headers.get('set-cookie') ?? '' };
  };
  afterEach(() => house.close());

  it('tells people the address that they call, and marks cookies as secure', async () => {
    house = await makeHouse({}, { publicUrl: 'https://gantry.bank.example' });
    const made = (await (await house.post('/api/v1/apps', { name: 'storefront' })).json()) as object;
    expect(made).to.include({ remote: 'https://gantry.bank.example/git/storefront.git' });
    const { status, cookie } = await login({ origin: 'https://gantry.bank.example' });
    expect([status, /; secure/i.test(cookie)]).to.deep.equal([303, true]);
    expect((await login({ origin: 'https://evil.example' })).status).to.equal(403);
  });

  it('believes the proxy that it was told of, and nobody else', async () => {
    const said = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'gantry.example',
      origin: 'https://gantry.example',
    };
    house = await makeHouse({}, { trustedProxies: ['127.0.0.1'] });
    const trusted = await login(said);
    await house.close();
    house = await makeHouse();
    const stranger = await login(said);
    expect([trusted.status, /; secure/i.test(trusted.cookie), stranger.status]).to.deep.equal([303, true, 403]);
  });
});
