/** The name of this installation on everything that it makes. 16 hex digits, made once. */
export type InstallationId = string;

/** Short enough for container names; unique enough beside others on one host. */
export const shortInstallation = (id: InstallationId): string => id.slice(0, 8);
