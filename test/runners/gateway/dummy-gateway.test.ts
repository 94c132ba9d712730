import { DummyGateway } from '../../../runners/dummy/gateway';
import { keepsTheGatewayContract } from './contract';

describe('the gateway in memory', () => {
  const gateway = new DummyGateway({ host: '127.0.0.1', port: 8080 });
  keepsTheGatewayContract(() => ({
    gateway,
    other: gateway,
    instance: async (name) => ({ name, address: '10.0.0.2', port: 3000, dnsName: name, healthPath: '/health' }),
    address: async () => '10.0.0.9',
    meets: async (host, headers) => {
      const lane = gateway.meet(host, { headers: Object.entries(headers), address: '10.0.0.9' })?.lane;
      return lane === 'b' ? 'two' : 'one';
    },
    request: async (_host, slot, lane, status) => gateway.serve(slot, { lane, status, responseMs: 3 }),
  }));
});
