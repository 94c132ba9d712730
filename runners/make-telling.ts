import { authorities } from '../outgoing/dispatchers';
import { createOutgoing } from '../outgoing/outgoing';
import type { RunnerSettings } from '../settings';
import type { Telling } from './control/tell';
import { smtpMailer } from './notify/mailer';

/** What this runner tells the world with. Close its `outgoing` at the end. */
export function makeTelling({ outgoing, mail, webUrl, gateway }: RunnerSettings): Telling {
  const port = gateway.port === 80 ? '' : `:${gateway.port}`;
  return {
    outgoing: createOutgoing(outgoing),
    mailer: mail === undefined ? undefined : smtpMailer(mail.url, mail.from, authorities(outgoing.caBundle)),
    now: Date.now,
    links: {
      run: (app, number) => `${webUrl}/apps/${app}/runs/${number}`,
      host: (host) => `http://${host}${port}/`,
    },
  };
}
