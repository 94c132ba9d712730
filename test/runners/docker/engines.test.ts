import { expect } from 'chai';
import type Docker from 'dockerode';
import { factsOf } from '../../../runners/docker/description';
import { instanceSeen } from '../../../runners/docker/seen';
import { engineCheck } from '../../../runners/doctor';

/**
 * What engines say of themselves: 20.10 as recorded; 26.1 as recorded, but with the control groups of version 2 that a
 * machine of its age has (where it was recorded it says "1"); 29 by its API's documentation.
 */
const ENGINES = {
  old: { info: { ServerVersion: '19.03.15' }, api: '1.40' },
  bookworm: {
    info: { ServerVersion: '20.10.24+dfsg1', CgroupVersion: '1', DriverStatus: [['Backing Filesystem', 'extfs']] },
    api: '1.41',
  },
  trixie: {
    info: { ServerVersion: '26.1.5+dfsg1', CgroupVersion: '2', DriverStatus: [['Backing Filesystem', 'extfs']] },
    api: '1.45',
  },
  newest: {
    info: {
      ServerVersion: '29.0.0',
      CgroupVersion: '2',
      DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
    },
    api: '1.52',
  },
} as const;

const checkOf = (name: keyof typeof ENGINES) => {
  const { info, api } = ENGINES[name];
  return engineCheck(factsOf(info as unknown as Parameters<typeof factsOf>[0], api), 'unix:///run/docker.sock');
};

describe('an engine, for the doctor', () => {
  it('is named with version, API, control groups and where its images lie', () => {
    expect(checkOf('bookworm')).to.include({
      state: 'ok',
      found: '20.10.24+dfsg1 at unix:///run/docker.sock (API 1.41, cgroup v1, images in layers)',
    });
    expect(checkOf('trixie').found).to.contain('26.1.5').and.to.contain('API 1.45, cgroup v2, images in layers');
    expect(checkOf('newest').found).to.contain('API 1.52, cgroup v2, images in containerd');
  });

  it('fails when it is older than what Gantry is tested with', () => {
    expect(checkOf('old')).to.include({ state: 'fail', mend: 'install Docker Engine 20.10 or newer' });
    expect(checkOf('newest').state).to.equal('ok');
  });
});

describe('a container as engines describe it', () => {
  const common = {
    Id: 'c0ffee',
    Name: '/shop-1',
    Image: `sha256:${'1'.repeat(64)}`,
    Config: { Labels: { 'gantry.app': 'shop', 'gantry.role': 'instance' } },
    State: {
      Status: 'running',
      Running: true,
      Restarting: false,
      OOMKilled: false,
      ExitCode: 0,
      StartedAt: '2026-01-02T03:04:05.678Z',
    },
  };
  const ofGantry = { 'gantry-01234567': { IPAddress: '172.18.0.3' } };
  const seen = (networkSettings: object) =>
    instanceSeen(
      { ...common, NetworkSettings: networkSettings } as unknown as Docker.ContainerInspectInfo,
      'gantry-01234567',
    );

  it('has its address in its network, with and without the fields that engine 29 left out', () => {
    const old = seen({ Bridge: '', IPAddress: '', Gateway: '', MacAddress: '', Networks: ofGantry });
    expect(old).to.include({ address: '172.18.0.3', running: true, name: 'shop-1' });
    expect(seen({ Networks: ofGantry })).to.deep.equal(old);
  });
});
