/** Nobody answers at the gateway's admin socket: it is not running, or it hangs. Nothing is known about the effect. */
export class GatewayUnreachableError extends Error {
  override readonly name = 'GatewayUnreachableError';
  constructor(
    readonly container: string,
    readonly command: string,
    readonly reason: string,
  ) {
    super(
      `the gateway (container ${container}) did not answer "${command}": ${reason}. ` +
        `See "docker logs ${container}"; it is started again by "gantry up" and by its own restart policy.`,
    );
  }
}

/** The gateway answered, and said no: its running state is not what its files say. `converge` mends that. */
export class GatewayRefusedError extends Error {
  override readonly name = 'GatewayRefusedError';
  constructor(
    readonly command: string,
    readonly answer: string,
  ) {
    super(`the gateway refused "${command}": ${answer}. Its next comparison with the records will mend it.`);
  }
}

/** The caller asked for something that no gateway can do. */
export class GatewayInputError extends Error {
  override readonly name = 'GatewayInputError';
}

/** Servers were added, but the gateway's own health check does not pass; they were taken out again. */
export class ServersNotHealthyError extends Error {
  override readonly name = 'ServersNotHealthyError';
  constructor(
    readonly backend: string,
    readonly servers: readonly { name: string; answer: string }[],
    readonly waitedMs: number,
  ) {
    const list = servers.map((server) => `${server.name} (${server.answer})`).join(', ');
    super(
      `the gateway could not reach ${list} within ${waitedMs} ms, so they receive no traffic. ` +
        "Check that they answer their health path on the gateway's network.",
    );
  }
}

/** The gateway did not come up, or not with its new configuration. */
export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
  constructor(
    readonly container: string,
    what: string,
    readonly logs: string,
  ) {
    super(`${what}. The last lines of container ${container}:\n${logs.trim() || '(nothing was logged)'}`);
  }
}
