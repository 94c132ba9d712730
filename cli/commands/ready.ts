import type { CliSettings } from '../../settings';
import type { HouseReady } from '../house/supervisor';
import type { Output } from '../output';

/** What a person sees when all is up. */
export function readyLines(out: Output, settings: CliSettings, ready: HouseReady, stop: string): string[] {
  const port = ready.gateway.slice(ready.gateway.lastIndexOf(':'));
  const token =
    ready.firstToken !== undefined
      ? [
          `  token  ${out.paint('bold', ready.firstToken)}`,
          '         (shown this once; the command line of this folder keeps it)',
        ]
      : ready.tokenKnown
        ? []
        : ['  token  none is kept here: name yours with --token or GANTRY_TOKEN'];
  return [
    out.paint('bold', `Gantry ${settings.version} is up.`),
    `  pages  ${out.paint('cyan', `${settings.publicUrl ?? ready.url}/`)}`,
    `  apps   http://NAME.${settings.domain}${port}/`,
    ...token,
    `  stop   ${stop}`,
  ];
}

export const readyDocument = (settings: CliSettings, ready: HouseReady) => ({
  version: settings.version,
  home: settings.home,
  url: ready.url,
  gateway: ready.gateway,
  firstToken: ready.firstToken ?? null,
});
