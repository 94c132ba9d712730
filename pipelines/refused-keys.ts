import type { Path } from './where';

const CLOSED =
  'A container has only what Gantry gives it: no privileges, no folders, devices or networks of its host (docs/sandbox.md).';

/** What compose files and other engines know and this language never will, so that nobody looks for another spelling. */
const NEVER = new Set(
  `privileged cap_add capAdd capabilities cgroup cgroupParent cgroup_parent device_cgroup_rules devices docker
   extra_hosts group_add host hostIPC hostNetwork hostPID ipc mounts network network_mode networkMode networks pid
   pids_limit runtime security_opt securityContext securityOpt shm_size sysctls tmpfs ulimits user userns_mode uts
   volume volumes volumes_from`.split(/\s+/),
);

/** Why a key is not there, when there is a reason that helps more than the list of those that are; else null. */
export function refusedKey(path: Path): string | null {
  const key = String(path.at(-1));
  if (key === 'secrets' && path.at(-2) === 'image') {
    return 'A Dockerfile is given no secrets: they would stay in its layers. Use them in build.commands or in "serve".';
  }
  return NEVER.has(key) ? CLOSED : null;
}
