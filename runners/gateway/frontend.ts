import { KEY_HEADER } from '../../engine/rollout/rules';
import { ID_COOKIE, SESSION_COOKIE } from '../../engine/rollout/visitor';
import { INSIDE, OUTSIDE, SAMPLES } from './paths';
import { FIELD } from './route-line';

const ID_COOKIE_SECONDS = 90 * 24 * 3600;

/** Where requests come in: which host is asked for, who asks, and who answers. */
export function frontend(): string {
  return `frontend http
  bind :8080
  # Where instances ask: http://APP.gantry has no port in it.
  bind :80
  log ring@${SAMPLES} len 128 local0
  log-format "%b %ST %Tr"
  option forwardfor
  acl known var(txn.route) -m found
  acl has_gray var(txn.gray) -m str a b c
  acl has_id var(txn.id) -m reg ^[A-Za-z0-9-]{8,64}$
  acl sticky var(txn.sticky) -m str 1
  acl has_login var(txn.login) -m found

${inside()}
  # One look at the map: all that follows sees one state, also while it is being switched.
  http-request set-var(txn.route) var(txn.host),map_str(${INSIDE.routes})
  http-request set-var(txn.gray) ${field('gray')} if known
  http-request set-log-level silent unless known has_gray
  http-request return status 404 ${json('unknown-host', 'No app is served under this host name.')} unless known
  http-request set-var(txn.slot) ${field('slot')}
  http-request set-var(txn.lane) ${field('stable')}
  http-request set-var(txn.sticky) ${field('sticky')}

${visitor()}
${session()}
  http-request return status 503 ${json('no-release', 'This app has no release in service.')} if { var(txn.lane) -m str -- - }

  http-request set-header X-Forwarded-Proto http unless { req.hdr(x-forwarded-proto) -m found }
  http-response add-header Set-Cookie "${ID_COOKIE}=%[var(txn.fresh_id)]; Path=/; Max-Age=${ID_COOKIE_SECONDS}; HttpOnly; SameSite=Lax" if { var(txn.fresh_id) -m found }
  http-response set-var(txn.session_here) srv_name,sha2(256),hex,bytes(0,16) if sticky
  acl same_session var(txn.session_here),strcmp(txn.session) eq 0
  http-response add-header Set-Cookie "${SESSION_COOKIE}=%[var(txn.session_here)]; Path=/; HttpOnly; SameSite=Lax" if sticky !same_session
  use_backend %[var(txn.backend)]`;
}

/** Which host is asked for. Instances meet the hosts of their own stage, under the names that lead there. */
function inside(): string {
  return `  http-request set-var(txn.host) req.hdr(host),field(1,:),rtrim(.),lower
  http-request set-var(txn.stage) src,map_ip(${INSIDE.networks},${OUTSIDE})
  acl outside var(txn.stage) -m str ${OUTSIDE}
  http-request set-var(txn.host) var(txn.stage),concat(/,txn.host),map_str(${INSIDE.names},-) unless outside
`;
}

const field = (name: keyof typeof FIELD) => `var(txn.route),field(${FIELD[name]},:)`;

/** Who it is, and whether they meet gray. `engine/rollout/visitor.ts` decides the same; a test compares the two. */
function visitor(): string {
  return `  # A login header that the login proxy did not send goes away here; rules of people are looked at.
  http-request set-var(txn.identity) ${field('identity')}
  http-request set-var(txn.rules) ${field('rules')} if has_gray
  http-request set-var(txn.address) src,hex
  acl has_identity var(txn.identity),length gt 1
  acl has_rules var(txn.rules),length gt 1
  http-request lua.know_visitor if has_identity || has_rules

  # Whoever is not known gets an id, and this very request already uses it.
  http-request set-var(txn.id) req.cook(${ID_COOKIE})
  http-request set-var(txn.id) var(txn.login) if has_login
  http-request set-var(txn.fresh_id) uuid() if !has_login !has_id has_gray || !has_login !has_id sticky
  http-request set-var(txn.id) var(txn.fresh_id) if !has_login !has_id
  http-request set-var(txn.balance) var(txn.id) if sticky

  http-request set-var(txn.salt) ${field('salt')} if has_gray
  http-request set-var(txn.share) ${field('share')},add(0) if has_gray
  http-request set-var(txn.key) ${field('key')} if has_gray
  http-request set-var(txn.bucket) var(txn.id),concat(.,txn.salt),xxh32(7),mod(10000) if has_gray
  acl in_share var(txn.bucket),sub(txn.share) lt 0
  acl by_rule var(txn.by_rule) -m found
  acl by_key req.fhdr(${KEY_HEADER}),hex,strcmp(txn.key) eq 0
  http-request set-var(txn.lane) var(txn.gray) if has_gray in_share || has_gray by_rule || has_gray by_key`;
}

/**
 * A session's instance is found by name: 2.6 cannot give dynamic servers a cookie of their own. In the warm lane it
 * counts only while the route holds sessions there.
 */
function session(): string {
  return `
  http-request set-var(txn.session) req.cook(${SESSION_COOKIE}) if sticky
  http-request set-var(txn.seat) var(txn.session),map_str(${INSIDE.sessions}) if sticky
  http-request set-var(txn.seat_lane) var(txn.seat),field(1,/)
  acl holds ${field('holds')} -m str 1
  http-request set-var(txn.warm) ${field('warm')} if holds
  http-request set-var-fmt(txn.warm_lane) s%[var(txn.slot)]_%[var(txn.warm)] if holds
  acl seat_is_warm var(txn.seat_lane),strcmp(txn.warm_lane) eq 0
  http-request set-var(txn.lane) var(txn.warm) if holds seat_is_warm
  http-request set-var-fmt(txn.backend) s%[var(txn.slot)]_%[var(txn.lane)]
  acl seat_is_there var(txn.seat_lane),strcmp(txn.backend) eq 0
  http-request set-var(txn.server) var(txn.seat),field(2,/) if seat_is_there
`;
}

/** An answer of the gateway's own, for programs. */
export function json(error: unknown, message: unknown): string {
  return `content-type application/json string '${JSON.stringify({ error, message })}'`;
}
