import { expect } from 'chai';
import type { GatewayServer } from '../../../engine/ports/gateway';
import { renderConfiguration, renderHealthMap } from '../../../runners/gateway/configuration';
import { slotsFor } from '../../../runners/gateway/names';

const server: GatewayServer = {
  name: 'shop-1',
  address: '172.20.0.5',
  port: 3000,
  dnsName: 'gantry-shop-1',
  healthPath: '/health',
};

describe('the configuration of HAProxy', () => {
  it('declares three backends for each slot', () => {
    const text = renderConfiguration({ slots: 2, backends: {} });
    expect(text.match(/^backend \S+/gm)).to.deep.equal(
      ['s0_a', 's0_b', 's0_c', 's1_a', 's1_b', 's1_c'].map((name) => `backend ${name}`),
    );
  });

  it('finds servers by name after a restart, never by an address that may be another one by then', () => {
    const text = renderConfiguration({ slots: 1, backends: { s0_b: [server] } });
    expect(text).to.match(/backend s0_b\n(.*\n)* {2}server shop-1 gantry-shop-1:3000 check .*init-addr last,none/);
    expect(text).to.not.contain(server.address);
  });

  it('is the same text for the same declaration, so that a difference means a reload', () => {
    const declared = { slots: 3, backends: { s0_a: [server] } };
    expect(renderConfiguration(declared)).to.equal(renderConfiguration(structuredClone(declared)));
  });

  it('names the health path of each backend in a map', () => {
    expect(
      renderHealthMap({ slots: 1, backends: { s0_a: [server], s0_c: [{ ...server, healthPath: '/up?x=1' }] } }),
    ).to.equal('s0_a /health\ns0_c /up?x=1\n');
  });

  it('grows by whole steps', () => {
    expect([0, 63, 64, 127, 128].map(slotsFor)).to.deep.equal([64, 64, 128, 128, 192]);
  });
});
