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
