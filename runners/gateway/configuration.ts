import { type GatewayServer, LANES } from '../../engine/ports/gateway';
import type { DeclaredServers } from './gateway-files';
import { backendName } from './names';
import { FIELD } from './route-line';

/** Paths inside the gateway's container. */
export const INSIDE = {
  routes: '/gantry/routes.map',
  health: '/gantry/health.map',
} as const;

/** The ring of recent requests that meet an app with a gray lane. */
export const SAMPLES = 'samples';

/**
 * How each server is checked. `downinter` is also the wait before the first check of a new server, `fastinter` the one
 * after a first failure: a dead instance is out within 1.5 s, a new one in within 0.3 s, and at rest each is asked once
 * a second. Dynamic servers ignore `default-server`, so these words stand at each server.
 */
export const SERVER_OPTIONS = 'check inter 1s fastinter 200ms downinter 200ms fall 3 rise 1';

const ID_COOKIE_SECONDS = 90 * 24 * 3600;

/** The whole `haproxy.cfg`, a function of what is declared. Routes and health paths are maps beside it. */
export function renderConfiguration(declared: DeclaredServers): string {
  const parts = [GLOBAL, DEFAULTS, frontend()];
  for (let slot = 0; slot < declared.slots; slot += 1) {
    for (const lane of LANES) parts.push(backend(backendName(slot, lane), declared.backends));
  }
  return `${parts.join('\n\n')}\n`;
}

/** `health.map`: backend to the path that its servers are asked. A lane holds one release, so one path is enough. */
export function renderHealthMap(declared: DeclaredServers): string {
  return Object.entries(declared.backends)
    .map(([name, servers]) => `${name} ${servers[0]?.healthPath ?? '/'}\n`)
    .join('');
}

const GLOBAL = `# Written by Gantry; changes made here by hand are lost.
global
  log stdout format raw daemon notice
  stats socket /gantry/admin.sock mode 600 level admin expose-fd listeners
  # Every observed app keeps one connection open for its samples; the default of 10 would shut the others out.
  stats maxconn 200
  stats timeout 30s
  server-state-file /gantry/servers.state
  maxconn 4096
  nbthread 2
  # The old process of a reload may finish long requests, but not hold its memory for ever.
  hard-stop-after 30s

# Docker's own DNS. A name that is gone takes its server out; a DNS that does not answer (the Docker daemon is being
# restarted) must not, so those answers are held for a day.
resolvers docker
  nameserver docker 127.0.0.11:53
  resolve_retries 3
  timeout resolve 1s
  timeout retry 500ms
  hold valid 1s
  hold nx 10s
  hold obsolete 10s
  hold timeout 1d
  hold refused 1d
  hold other 1d

ring ${SAMPLES}
  format raw
  maxlen 128
  size 262144`;

const DEFAULTS = `defaults
  mode http
  maxconn 4000
  load-server-state-from-file global
  # At a reload, an idle keep-alive connection is told to close with its next answer instead of being cut.
  option idle-close-on-response
  option dontlognull
  # Nothing was sent when a connection fails, so only that is safe to repeat for every kind of request.
  retries 1
  retry-on conn-failure
  option redispatch
  http-reuse safe
  timeout connect 2s
  timeout client 60s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout server 60s
  timeout queue 5s
  timeout check 2s
  timeout tunnel 1h
${[
  [400, 'bad-request', 'This request cannot be understood.'],
  [408, 'request-timeout', 'The request did not arrive in time.'],
  [502, 'bad-answer', 'The app broke off its answer.'],
  [503, 'unavailable', 'No instance of this app can answer now. Try again shortly.'],
  [504, 'answer-timeout', 'The app did not answer in time.'],
]
  .map(([status, error, message]) => `  http-error status ${status} ${json(error, message)}`)
  .join('\n')}`;

function frontend(): string {
  const field = (name: keyof typeof FIELD) => `var(txn.route),field(${FIELD[name]},:)`;
  return `frontend http
  bind :8080
  log ring@${SAMPLES} len 128 local0
  log-format "%b %ST %Tr"
  option forwardfor
  acl known var(txn.route) -m found
  acl has_gray var(txn.gray) -m str a b c
  acl has_id var(txn.id) -m reg ^[A-Za-z0-9-]{8,64}$
  acl sticky var(txn.sticky) -m str 1

  # One look at the map: all that follows sees one state, also while it is being switched.
  http-request set-var(txn.route) req.hdr(host),field(1,:),rtrim(.),lower,map_str(${INSIDE.routes})
  http-request set-var(txn.gray) ${field('gray')} if known
  http-request set-log-level silent unless known has_gray
  http-request return status 404 ${json('unknown-host', 'No app is served under this host name.')} unless known
  http-request set-var(txn.slot) ${field('slot')}
  http-request set-var(txn.lane) ${field('stable')}
  http-request set-var(txn.sticky) ${field('sticky')}

  # Whoever has no id gets one, and this very request already uses it.
  http-request set-var(txn.id) req.cook(gantry_id)
  http-request set-var(txn.fresh_id) uuid() if !has_id has_gray || !has_id sticky
  http-request set-var(txn.id) var(txn.fresh_id) if !has_id
  http-request set-var(txn.balance) var(txn.id) if sticky

  http-request set-var(txn.salt) ${field('salt')} if has_gray
  http-request set-var(txn.share) ${field('share')},add(0) if has_gray
  http-request set-var(txn.header) ${field('header')} if has_gray
  http-request set-var(txn.cookie) ${field('cookie')} if has_gray
  http-request set-var(txn.bucket) var(txn.id),concat(.,txn.salt),xxh32(7),mod(10000) if has_gray
  acl in_share var(txn.bucket),sub(txn.share) lt 0
  acl by_header req.fhdr(x-gray),hex,strcmp(txn.header) eq 0
  acl by_cookie req.cook(gray),hex,strcmp(txn.cookie) eq 0
  http-request set-var(txn.lane) var(txn.gray) if has_gray in_share || has_gray by_header || has_gray by_cookie
  http-request return status 503 ${json('no-release', 'This app has no release in service.')} if { var(txn.lane) -m str -- - }

  http-request set-header X-Forwarded-Proto http unless { req.hdr(x-forwarded-proto) -m found }
  http-response add-header Set-Cookie "gantry_id=%[var(txn.fresh_id)]; Path=/; Max-Age=${ID_COOKIE_SECONDS}; HttpOnly; SameSite=Lax" if { var(txn.fresh_id) -m found }
  use_backend s%[var(txn.slot)]_%[var(txn.lane)]`;
}

/**
 * In 2.6 the path of a health check belongs to the backend, and backends are declared before it is known which app
 * comes. But the path may be an expression, so it is looked up in a map at each check, by the backend's own name.
 *
 * `balance hash` of a variable that is only set for sticky apps: they stay with their instance (also over a restart of
 * the gateway, since nothing is remembered), and all others go round robin.
 */
function backend(name: string, backends: DeclaredServers['backends']): string {
  return [
    `backend ${name}`,
    '  log global',
    '  balance hash var(txn.balance)',
    '  hash-type consistent',
    '  option httpchk',
    `  http-check send meth GET uri-lf "%[be_name,map_str(${INSIDE.health},/)]" ver HTTP/1.1 hdr Host localhost`,
    ...(backends[name] ?? []).map(serverLine),
  ].join('\n');
}

/**
 * A server as a restarted gateway finds it: by name, since its address may meanwhile belong to another container. At a
 * reload (`last`) the running process has just written down the addresses in force, so nothing is asked and nobody
 * waits.
 */
function serverLine(server: GatewayServer): string {
  const resolution = 'resolvers docker resolve-prefer ipv4 init-addr last,none';
  return `  server ${server.name} ${server.dnsName}:${server.port} ${SERVER_OPTIONS} ${resolution}`;
}

function json(error: unknown, message: unknown): string {
  return `content-type application/json string '${JSON.stringify({ error, message })}'`;
}
