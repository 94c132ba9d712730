/** Everything that makes a gateway container what it is; two equal values are the same container. */
export interface GatewayContainerSpec {
  /** Container name, unique per installation. */
  name: string;
  /** Image, for example `gantry/gateway`. */
  image: string;
  /** User network of the apps; its DNS finds them by name. */
  network: string;
  /** Host folder, mounted at `/gantry`. */
  folder: string;
  /** Where clients reach the container's port 8080. */
  listen: { host: string; port: number };
  /** `uid:gid` of the process inside, the owner of `folder`. */
  user: string;
}

/**
 * What the gateway needs of a container engine.
 * - `ensure` makes a running container that equals the spec; may be repeated and called by several runners at once.
 *   A container of the same name with another spec is replaced.
 * - `remove`, `logs`: nothing, or an empty text, when there is no such container.
 */
export interface GatewayContainers {
  ensure(spec: GatewayContainerSpec): Promise<void>;
  remove(name: string): Promise<void>;
  running(name: string): Promise<boolean>;
  /** The last lines that the container wrote. */
  logs(name: string, lines: number): Promise<string>;
}

/** How instances reach the gateway: each stage has networks of its own, in which apps are found by name. */
export interface GatewayNetworks {
  /** Makes sure of the network that the gateway shares with all instances; its range, and the host's address in it. */
  common(): Promise<{ subnet: string; host: string }>;
  /**
   * Puts the gateway into the networks of a stage under these names, always at the same addresses. For a new name it
   * leaves one of them for a moment, then the other: instances notice at most a short wait, and visitors come another way.
   */
  join(stage: string, names: readonly string[]): Promise<{ subnets: string[]; changed: boolean }>;
}
