/** Everything in a text that looks like an id of ours: whoever looks for references takes too many rather than too few. */
export const idsIn = (text: string): string[] =>
  text.match(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? [];

/** Every digest in a text: of artifacts, configuration files and images. */
export const digestsIn = (text: string): string[] => text.match(/sha256:[0-9a-f]{64}/g) ?? [];

/** Ids that were made before this time, ms UTC, sort before this text: they begin with their time (UUIDv7). */
export function idAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** When an id was made, ms UTC. */
export const madeAt = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
