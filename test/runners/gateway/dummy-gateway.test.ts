import { DummyGateway } from '../../../runners/dummy/gateway';
import { keepsTheGatewayContract } from './contract';

describe('the gateway in memory', () => {
  const gateway = new DummyGateway({ host: '127.0.0.1', port: 8080 });
  keepsTheGatewayContract(() => ({
    gateway,
    other: gateway,
    instance: async (name) => ({ name, address: '10.0.0.2', port: 3000, dnsName: name, healthPath: '/health' }),
    request: async (_host, slot, lane, status) => gateway.serve(slot, { lane, status, responseMs: 3 }),
  }));
});
