import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../engine/model/hash';
import { type GatewayServer, LANES } from '../../engine/ports/gateway';
import { sessionOf } from '../../engine/rollout/visitor';
import { frontend, json } from './frontend';
import type { DeclaredServers } from './gateway-files';
import { backendName } from './names';
import { INSIDE, SAMPLES } from './paths';

/**
 * How each server is checked. `downinter` is also the wait before the first check of a new server, `fastinter` the one
 * after a first failure: a dead instance is out within 1.5 s, a new one in within 0.1 s, and at rest each is asked once
 * a second. Dynamic servers ignore `default-server`, so these words stand at each server.
 */
export const SERVER_OPTIONS = 'check inter 1s fastinter 200ms downinter 20ms fall 3 rise 1';

/** The script of rules and login headers, for `visitors.lua`. */
export const VISITORS = readFileSync(join(__dirname, 'visitors.lua'), 'utf8');

/**
 * The whole `haproxy.cfg`, a function of what is declared. Routes and health paths are maps beside it. A running gateway
 * tells its recipe as its description, so that one of an older Gantry is known.
 */
export function renderConfiguration(declared: DeclaredServers): string {
  return withoutRecipe(declared).replace('global\n', `global\n  description ${recipeOf(declared)}\n`);
}

/** Names what the running process must have been started with; servers come and go without a start. */
export function recipeOf({ slots }: DeclaredServers): string {
  return sha256(withoutRecipe({ slots, backends: {} }) + VISITORS).slice(0, 16);
}

function withoutRecipe(declared: DeclaredServers): string {
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

/** `sessions.map`: what a session cookie says, to the backend and the server that it means. */
export function renderSessionMap(declared: DeclaredServers): string {
  return sessionEntries(declared)
    .map(([session, seat]) => `${session} ${seat}\n`)
    .join('');
}

/** Entries of `sessions.map`: session cookie, and `s0_a/shop-1`. */
export function sessionEntries({ backends }: DeclaredServers): [session: string, seat: string][] {
  return Object.entries(backends).flatMap(([backend, servers]) =>
    servers.map(({ name }): [string, string] => [sessionOf(name), `${backend}/${name}`]),
  );
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
  lua-load-per-thread ${INSIDE.visitors}
  # The old process of a reload may keep WebSockets as long as they may be idle, but not hold its memory for ever.
  hard-stop-after 1h

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

/**
 * In 2.6 the path of a health check belongs to the backend, and backends are declared before it is known which app
 * comes. But the path may be an expression, so it is looked up in a map at each check, by the backend's own name.
 *
 * `balance hash` of a variable that is only set for sticky apps: the first requests of a visitor, who has no session yet,
 * come to the same instance, even several at once. All others go round robin.
 */
function backend(name: string, backends: DeclaredServers['backends']): string {
  return [
    `backend ${name}`,
    '  log global',
    '  balance hash var(txn.balance)',
    '  hash-type consistent',
    '  use-server %[var(txn.server)] if { var(txn.server) -m found }',
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
