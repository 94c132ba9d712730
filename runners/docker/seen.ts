import type Docker from 'dockerode';
import type { InstanceSeen } from '../../engine/ports/cluster';
import { readLabels } from './labels';

/** What Docker says about a container, in the words of the cluster port. */
export function instanceSeen(info: Docker.ContainerInspectInfo, network: string): InstanceSeen {
  const { State: state } = info;
  const name = info.Name.replace(/^\//, '');
  const running = state.Running && !state.Restarting;
  return {
    name,
    id: info.Id,
    labels: readLabels(info.Config.Labels),
    running,
    address: running ? (info.NetworkSettings.Networks[network]?.IPAddress ?? '') : '',
    dnsName: name,
    imageId: info.Image,
    exitCode: running || neverRan(info) ? null : state.ExitCode,
    outOfMemory: state.OOMKilled,
    startedAt: neverRan(info) ? null : Date.parse(state.StartedAt),
  };
}

/** Created and not started: whoever made it may have died while the files were put in. */
export function neverRan(info: Docker.ContainerInspectInfo): boolean {
  return info.State.Status === 'created' || info.State.StartedAt.startsWith('0001-');
}
