import { readFileSync } from 'node:fs';
import type * as Oidc from 'openid-client';
import { GantryError, messageOf } from '../../engine/model/errors';
import { FRESH_FACTOR_MS } from '../../engine/signin/limits';
import { createOutgoing, type Outgoing, type OutgoingOptions } from '../../outgoing/outgoing';
import { PROVIDER_ANSWER_MS } from '../limits';

/** What a browser carries from the beginning of a sign-in at the provider to its end, sealed. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  next: string;
}

/** Whom the provider has named. */
export interface ProviderPerson {
  issuer: string;
  subject: string;
  /** Only an address that the provider has verified. */
  email: string | null;
  /** They have shown a second factor there. */
  secondFactor: boolean;
  /** When they have shown there who they are, ms UTC; null when the provider does not say. */
  shownAt: number | null;
}

/** People of an OpenID provider: code flow with PKCE, state and nonce. */
export interface Provider {
  name: string;
  /** Where the browser goes. @throws GantryError `provider-silent` */
  begin(next: string): Promise<{ url: string; attempt: Attempt }>;
  /**
   * What the browser came back with.
   * @throws GantryError `provider-silent`; `provider-refused` for whatever is not a fresh answer to this very attempt
   */
  finish(query: string, attempt: Attempt): Promise<ProviderPerson>;
}

/** Where the provider sends browsers back to; it has to know this address. */
export const PROVIDER_BACK = '/login/provider/back';
/** Methods (RFC 8176) that are a second factor. */
const FACTORS = ['mfa', 'otp', 'hwk'];

/** The provider of the settings. */
export interface ProviderOptions {
  /** As it calls itself. */
  issuer: string;
  clientId: string;
  /** File with the client's secret. */
  secretFile: string;
  /** What people call it. */
  name: string;
  /** Values of `acr` that mean that a second factor was shown there. */
  factorAcr: readonly string[];
}

/**
 * The provider of the settings; nothing without one. `close` ends its connections.
 * @throws GantryError `provider-secret` when the file with the client's secret cannot be read
 */
export function startProvider(
  { provider, outgoing }: { provider?: ProviderOptions; outgoing?: OutgoingOptions },
  url: string,
): { provider?: Provider; close(): Promise<void> } {
  if (provider === undefined) return { close: () => Promise.resolve() };
  const calls = createOutgoing(outgoing ?? { allow: [] });
  return { provider: openProvider(provider, readSecret(provider), calls, url), close: () => calls.close() };
}

function readSecret({ secretFile }: ProviderOptions): string {
  try {
    return readFileSync(secretFile, 'utf8').trim();
  } catch (error) {
    const message = `the secret of the sign-in provider cannot be read: ${messageOf(error)}`;
    throw new GantryError('unavailable', 'provider-secret', message, 'mend GANTRY_OIDC_CLIENT_SECRET_FILE', {
      cause: error,
    });
  }
}

/** The provider is asked for its addresses when somebody signs in, not before: Gantry starts without it. */
function openProvider(settings: ProviderOptions, secret: string, outgoing: Outgoing, url: string): Provider {
  const back = `${url}${PROVIDER_BACK}`;
  let known: Promise<Known> | undefined;
  const provider = () => {
    known ??= discover(settings, secret, outgoing).catch((error: unknown) => {
      known = undefined;
      throw silent(settings, error);
    });
    return known;
  };
  return {
    name: settings.name,
    begin: async (next) => {
      const { oidc, config } = await provider();
      const verifier = oidc.randomPKCECodeVerifier();
      const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier, next };
      const to = oidc.buildAuthorizationUrl(config, {
        redirect_uri: back,
        scope: 'openid email',
        // Whoever signed in there longer ago does it again, and the answer has to say when it was.
        max_age: String(FRESH_FACTOR_MS.browser / 1000),
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      });
      return { url: to.href, attempt };
    },
    finish: async (query, { state, nonce, verifier }) => {
      const { oidc, config } = await provider();
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      try {
        const tokens = await oidc.authorizationCodeGrant(config, new URL(`${back}${query}`), checks);
        return personIn(tokens.claims(), settings);
      } catch (error) {
        throw isSilence(error) ? silent(settings, error) : refused(settings, wordsOf(oidc, error), error);
      }
    },
  };
}

/** The library, which is only loaded where somebody signs in by it, and what it knows of the provider. */
interface Known {
  oidc: typeof Oidc;
  config: Oidc.Configuration;
}

async function discover(settings: ProviderOptions, secret: string, outgoing: Outgoing): Promise<Known> {
  const { issuer, clientId } = settings;
  const oidc = await import('openid-client');
  const customFetch: Oidc.CustomFetch = async (to, { method, headers, body }) => {
    const text = body instanceof URLSearchParams ? body.toString() : body;
    const answer = await outgoing.fetch(to, {
      method: method as 'GET' | 'POST',
      headers: headers as Record<string, string>,
      ...(typeof text === 'string' || text instanceof Uint8Array ? { body: text } : {}),
      timeoutMs: PROVIDER_ANSWER_MS,
    });
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
  const config = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(secret), {
    [oidc.customFetch]: customFetch,
    timeout: PROVIDER_ANSWER_MS / 1000,
    // Plain HTTP is for a provider on this machine; whoever writes it into the settings sees it there.
    ...(issuer.startsWith('http:') ? { execute: [oidc.allowInsecureRequests] } : {}),
  });
  return { oidc, config };
}

function personIn(claims: Oidc.IDToken | undefined, { factorAcr }: ProviderOptions): ProviderPerson {
  if (claims === undefined) throw new Error('no ID token');
  const { iss, sub, email, email_verified, amr, acr, auth_time } = claims;
  const methods = Array.isArray(amr) ? amr : [];
  return {
    issuer: iss,
    subject: sub,
    email: typeof email === 'string' && email_verified === true ? email : null,
    shownAt: typeof auth_time === 'number' ? auth_time * 1000 : null,
    secondFactor: methods.some((method) => FACTORS.includes(String(method))) || factorAcr.includes(String(acr)),
  };
}

/** Our own guard speaks of what it could not reach; everything else came from there. */
const isSilence = (error: unknown): boolean =>
  [error, (error as Error | undefined)?.cause].some((one) => one instanceof GantryError);

const silent = ({ name }: ProviderOptions, cause: unknown): GantryError =>
  new GantryError(
    'unavailable',
    'provider-silent',
    `${name} does not answer, so nobody can sign in by it now`,
    'try again later',
    {
      cause,
    },
  );

const refused = ({ name }: ProviderOptions, words: string, cause: unknown): GantryError =>
  new GantryError(
    'forbidden',
    'provider-refused',
    `what came back from ${name} is not taken: ${words}`,
    'sign in again',
    {
      cause,
    },
  );

/** The library names what it found wrong; what the provider itself wrote is left out. */
const wordsOf = (oidc: typeof Oidc, error: unknown): string =>
  error instanceof oidc.AuthorizationResponseError ? `it says no (${error.error.slice(0, 60)})` : messageOf(error);
