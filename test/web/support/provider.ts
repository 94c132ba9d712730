import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';

/** Whom the provider knows, and what it says of them. */
export interface Account {
  sub: string;
  email?: string;
  email_verified?: boolean;
  /** How they have shown there who they are. */
  amr?: string[];
  /** When, in seconds; now when left out. */
  shownAt?: number;
}

export const CLIENT = { id: 'gantry', secret: 'a-secret-of-the-client' };

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
/** Seconds, for all that it hands out. */
const LIVES = { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, AuthorizationCode: 60 };

/** What the provider remembers, for as long as it lives. */
function memoryOf(memory: Map<string, AdapterPayload>, model: string): Adapter {
  const find = async (id: string) => memory.get(`${model}:${id}`);
  const findBy = async (name: 'uid' | 'userCode', value: string) =>
    [...memory].find(([key, kept]) => key.startsWith(`${model}:`) && kept[name] === value)?.[1];
  return {
    upsert: async (id, payload) => void memory.set(`${model}:${id}`, payload),
    find,
    findByUid: (uid) => findBy('uid', uid),
    findByUserCode: (code) => findBy('userCode', code),
    consume: async (id) => void Object.assign((await find(id)) ?? {}, { consumed: Math.floor(Date.now() / 1000) }),
    destroy: async (id) => void memory.delete(`${model}:${id}`),
    revokeByGrantId: async (grant) => {
      for (const [key, kept] of memory) if (kept.grantId === grant) memory.delete(key);
    },
  };
}

/** An OpenID provider in this process: whoever comes is signed in at once as `account`. */
export class TestProvider {
  account: Account = { sub: 'sub-1', email: 'ada@example.org', email_verified: true };
  /** How long what it says of somebody holds; in the past: never. */
  idTokenSeconds = 600;

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** @param back where Gantry wants browsers sent back to */
  static async start(back: () => string): Promise<TestProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const test = new TestProvider(issuer, server);
    let answer: ReturnType<Provider['callback']> | undefined;
    server.on('request', (request, response) => {
      answer ??= test.open(back()).callback();
      void answer(request, response);
    });
    return test;
  }

  private open(back: string): Provider {
    const memory = new Map<string, AdapterPayload>();
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [back],
          grant_types: ['authorization_code'],
        },
      ],
      claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
      adapter: (model) => memoryOf(memory, model),
      jwks: { keys: [KEY] },
      ttl: { ...LIVES, IdToken: () => this.idTokenSeconds },
      conformIdTokenClaims: false,
      cookies: { keys: ['test'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...this.account, sub: id }) }),
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({
          clientId: CLIENT.id,
          accountId: ctx.oidc.session?.accountId ?? '',
        });
        grant.addOIDCScope('openid email');
        await grant.save();
        return grant;
      },
    });
    provider.use(async (ctx, next) => {
      if (!ctx.path.startsWith('/interaction/')) return next();
      const { sub, amr, shownAt } = this.account;
      const login = {
        accountId: sub,
        ...(amr === undefined ? {} : { amr }),
        ...(shownAt === undefined ? {} : { ts: shownAt }),
      };
      await provider.interactionFinished(ctx.req, ctx.res, { login }, { mergeWithLastSubmission: false });
    });
    return provider;
  }

  /** Follows the browser's way through the provider. @returns where it sends the browser back to */
  async walk(from: string): Promise<string> {
    const cookies = new Map<string, string>();
    for (let to = from; ; ) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(to, { redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
        cookies.set(name, value);
      }
      const next = answer.headers.get('location');
      if (next === null) throw new Error(`the provider stopped with ${answer.status}: ${await answer.text()}`);
      to = new URL(next, to).href;
      if (!to.startsWith(this.issuer)) return to;
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
