import { isIP } from 'node:net';
import { readSourceUrl } from '../../engine/apps/source-url';
import { GantryError } from '../../engine/model/errors';
import { machineResolver } from '../../outgoing/resolve';
import type { WebParts } from '../parts';
import { reachHttps, reachSsh } from './reach-source';

/**
 * Judges each source once, at the start: one line of the log tells which are not called any more, and the setting that
 * lets them. What cannot be judged now (a name that nobody knows) is told by its own fetch.
 */
export async function warnOfRefused({ engine, options, log }: WebParts): Promise<void> {
  const { outgoing } = options;
  if (outgoing === undefined) return;
  const refused: string[] = [];
  const addresses = new Set<string>();
  for (const { app, url } of await engine.hooks.sourceUrls()) {
    const host = await refusedHost(options, url);
    if (host === undefined) continue;
    refused.push(app);
    const found = isIP(host) > 0 ? [host] : await (outgoing.resolver ?? machineResolver)(host);
    for (const address of found) addresses.add(address);
  }
  if (refused.length === 0) return;
  const allow = `GANTRY_OUTGOING_ALLOW=${[...outgoing.allow, ...addresses].join(',')}`;
  log.warn(
    { apps: refused, allow },
    `sources on addresses that are not public are not fetched; if meant, set ${allow}`,
  );
}

/** The host of a source that the guard does not let through; undefined for every other one. */
async function refusedHost(options: WebParts['options'], text: string): Promise<string | undefined> {
  const source = readSourceUrl(text);
  if (source.kind === 'local') return undefined;
  try {
    if (source.kind === 'ssh') await reachSsh(options, source);
    else await reachHttps(options, source);
    return undefined;
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    if (error.code !== 'outgoing-refused') return undefined;
    return source.kind === 'ssh' ? source.host : new URL(source.url).hostname.replace(/^\[|\]$/g, '');
  }
}
