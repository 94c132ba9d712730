import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { isBranchOrTag } from '../../../engine/model/ref-name';
import { bitbucket } from '../../../web/hooks/bitbucket';
import { bitbucketDc } from '../../../web/hooks/bitbucket-dc';
import type { Forge, RawHook } from '../../../web/hooks/forge';
import { forges } from '../../../web/hooks/forges';
import { generic } from '../../../web/hooks/generic';
import { gitea } from '../../../web/hooks/gitea';
import { gitee } from '../../../web/hooks/gitee';
import { github } from '../../../web/hooks/github';
import { gitlab } from '../../../web/hooks/gitlab';
import { bodyOf, headersOf } from '../support/forge';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const FORGES: [keyof typeof headersOf, Forge, string][] = [
  ['github', github, 'github-push'],
  ['gitlab', gitlab, 'gitlab-push'],
  ['standard', gitlab, 'gitlab-push'],
  ['gitea', gitea, 'gitea-push'],
  ['forgejo', gitea, 'forgejo-push'],
  ['gitee', gitee, 'gitee-push'],
  ['bitbucket', bitbucket, 'bitbucket-push'],
  ['bitbucket-dc', bitbucketDc, 'bitbucket-dc-push'],
  ['generic', generic, 'generic-push'],
];
/** The same signature in the same header: there the address alone tells the forge, and its folder reads the body. */
const ALSO_RIGHT: Readonly<Record<string, Forge>> = {
  // Gitea and Forgejo send GitHub's header beside their own.
  gitea: github,
  forgejo: github,
  bitbucket: bitbucketDc,
  'bitbucket-dc': bitbucket,
  standard: generic,
  generic: gitlab,
};

/** Wherever a forge may look. */
const CARRIERS = [
  ...['x-hub-signature', 'x-hub-signature-256', 'x-gitea-signature', 'x-forgejo-signature'],
  ...['x-gitee-token', 'x-gitlab-token', 'webhook-signature'],
];

const hook = (body: Buffer | string, headers: RawHook['headers']): RawHook => ({ body: Buffer.from(body), headers });

describe('the signature of a webhook', () => {
  describe('as others have published it', () => {
    it('is that of the example in GitHub’s manual', () => {
      const hex = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
      const signed = hook('Hello, World!', { 'x-hub-signature-256': `sha256=${hex}` });
      expect(github.isSigned(signed, "It's a Secret to Everybody", 0)).to.equal(true);
      expect(github.isSigned(signed, "It's a Secret to everybody", 0)).to.equal(false);
    });

    it('is that of the example of Standard Webhooks, at its time only', () => {
      const signed = hook('{"test": 2432232314}', {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      });
      const then = 1_614_265_330_000;
      for (const { isSigned } of [gitlab, generic]) {
        expect(isSigned(signed, SECRET, then)).to.equal(true);
        expect(isSigned(signed, SECRET, then + 301_000), 'too old').to.equal(false);
        expect(isSigned(signed, SECRET, then - 301_000), 'from the future').to.equal(false);
      }
      signed.headers['webhook-signature'] = `v1a,x v1,AAAA ${signed.headers['webhook-signature'] as string}`;
      expect(generic.isSigned(signed, SECRET, then), 'one of several').to.equal(true);
    });

    it('is that of RFC 4231, test case 2, for Gitea and Forgejo', () => {
      const hex = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
      for (const name of ['x-gitea-signature', 'x-forgejo-signature']) {
        expect(gitea.isSigned(hook('what do ya want for nothing?', { [name]: hex }), 'Jefe', 0), name).to.equal(true);
      }
    });
  });

  for (const [name, forge, fixture] of FORGES) {
    const body = bodyOf(fixture);
    it(`of ${name} is accepted, and no other forge’s is`, () => {
      const headers = headersOf[name](SECRET, body);
      expect(forge.isSigned({ body, headers }, SECRET, Date.now())).to.equal(true);
      for (const other of forges.filter((o) => o !== forge)) {
        const accepted = other === ALSO_RIGHT[name];
        expect(other.isSigned({ body, headers }, SECRET, Date.now()), other.name).to.equal(accepted);
      }
    });

    it(`of ${name} is refused when one byte of the body differs`, () => {
      if (name === 'gitlab' || name === 'gitee') return; // their tokens say nothing about the body
      const headers = headersOf[name](SECRET, body);
      fc.assert(
        fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const forged = Buffer.from(body);
          forged[at] = (forged[at] ?? 0) ^ change;
          return !forge.isSigned({ body: forged, headers }, SECRET, Date.now());
        }),
        { numRuns: 50 },
      );
      expect(forge.isSigned({ body: body.subarray(1), headers }, SECRET, Date.now())).to.equal(false);
    });

    it(`of ${name} is refused when it is missing, empty, cut, doubled, or made with another secret`, () => {
      const right: Record<string, string> = headersOf[name](SECRET, body);
      const foreign = forge === github ? 'x-hub-signature' : 'x-hub-signature-256';
      const own = Object.keys(right).filter((key) => /signature|token/.test(key) && key !== foreign);
      const changes: ((text: string) => string)[] = [
        () => '',
        (text) => text.slice(0, -1),
        (text) => text.slice(0, 20),
        (text) => `${text}, ${text}`,
        (text) => `${text} `,
        (text) => text.replace(/[=,].*$/, (rest) => rest.slice(0, 1)),
        () => 'undefined',
      ];
      for (const change of changes) {
        const headers = { ...right };
        for (const key of own) headers[key] = change(headers[key] ?? '');
        if (own.every((key) => headers[key] === right[key])) continue;
        expect(forge.isSigned({ body, headers }, SECRET, Date.now()), JSON.stringify(headers)).to.equal(false);
      }
      const without = Object.fromEntries(Object.entries(right).filter(([key]) => !own.includes(key)));
      expect(forge.isSigned({ body, headers: without }, SECRET, Date.now())).to.equal(false);
      expect(forge.isSigned({ body, headers: headersOf[name]('whsec_AAAA', body) }, SECRET, Date.now())).to.equal(
        false,
      );
    });
  }

  it('of SHA-1 alone is none [S2]', () => {
    const body = bodyOf('github-push');
    const { 'x-hub-signature-256': _left, ...headers } = headersOf.github(SECRET, body);
    expect(github.isSigned({ body, headers }, SECRET, 0)).to.equal(false);
    const moved = { ...headers, 'x-hub-signature-256': headers['x-hub-signature'] };
    expect(github.isSigned({ body, headers: moved }, SECRET, 0)).to.equal(false);
  });

  it('of SHA-1 is none at any forge, in any header [S2]', () => {
    const body = bodyOf('github-push');
    const sha1 = (encoding: 'hex' | 'base64') => createHmac('sha1', SECRET).update(body).digest(encoding);
    const time = Math.floor(Date.now() / 1_000);
    const plain = { 'webhook-id': 'one', 'webhook-timestamp': `${time}`, 'x-gitee-timestamp': `${time * 1_000}` };
    for (const text of [`sha1=${sha1('hex')}`, `sha256=${sha1('hex')}`, sha1('hex'), sha1('base64')]) {
      for (const carrier of CARRIERS) {
        const headers = { ...plain, [carrier]: carrier === 'webhook-signature' ? `v1,${text}` : text };
        const taken = forges.filter((forge) => forge.isSigned({ body, headers }, SECRET, Date.now()));
        expect(
          taken.map(({ name }) => name),
          `${carrier}: ${text}`,
        ).to.deep.equal([]);
      }
    }
  });

  it('of Gitee holds for five minutes, escaped or not, and its password is none', () => {
    // The time and the key that a user of Gitee has published, with the signature that came.
    const then = 1_672_135_206_524;
    const signed = (token: string, time = String(then)) =>
      hook('', { 'x-gitee-timestamp': time, 'x-gitee-token': token });
    const token = 'AbEvusCKxqRkBtTr4fD47SGVP/mRwlt48iuUYMFRloI=';
    expect(gitee.isSigned(signed(token), '123654', then)).to.equal(true);
    expect(gitee.isSigned(signed(encodeURIComponent(token)), '123654', then)).to.equal(true);
    expect(gitee.isSigned(signed(token), '123655', then), 'another key').to.equal(false);
    expect(gitee.isSigned(signed(token), '123654', then + 301_000), 'too old').to.equal(false);
    expect(gitee.isSigned(signed(token), '123654', then - 301_000), 'from the future').to.equal(false);
    expect(gitee.isSigned(signed(token, String(then + 1)), '123654', then), 'another time').to.equal(false);
    expect(gitee.isSigned(signed('%zz%2'), '123654', then), 'escaped wrongly').to.equal(false);
    expect(gitee.isSigned(signed('123654'), '123654', then), 'the password').to.equal(false);
    expect(gitee.isSigned(hook('', { 'x-gitee-token': '123654' }), '123654', then), 'without a time').to.equal(false);
  });

  it('of Forgejo is not rescued by Gitea’s, nor GitLab’s by the plain token', () => {
    const body = bodyOf('forgejo-push');
    const forged = { ...headersOf.forgejo(SECRET, body), 'x-forgejo-signature': '0'.repeat(64) };
    expect(gitea.isSigned({ body, headers: forged }, SECRET, 0)).to.equal(false);
    const both = { ...headersOf.gitlab(SECRET, body), 'webhook-signature': 'v1,AAAA' };
    expect(gitlab.isSigned({ body, headers: both }, SECRET, Date.now())).to.equal(false);
  });
});

describe('the name of a ref', () => {
  for (const ref of ['refs/heads/main', 'refs/tags/v1.4.0', 'refs/heads/feature/a-b_c', 'refs/heads/größe']) {
    it(`${ref} is followed`, () => expect(isBranchOrTag(ref)).to.equal(true));
  }
  const hostile = [
    ['main', 'HEAD', '', 'refs/heads/', 'refs/pull/1/head', 'refs/heads/-x', 'refs/heads/--upload-pack=touch x'],
    [
      'refs/heads/a/--upload-pack',
      'refs/heads/a..b',
      'refs/heads/a:b',
      'refs/heads/*',
      'refs/heads/a b',
      '+refs/heads/a',
    ],
    [
      'refs/heads/a\nb',
      'refs/heads/a\0b',
      'refs/heads/a.lock',
      'refs/heads/a.lock/b',
      'refs/heads/.a',
      'refs/heads/a//b',
    ],
    [
      'refs/heads/a/',
      'refs/heads/a.',
      'refs/heads/a@{1}',
      'refs/heads/a\\b',
      'refs/heads/a^',
      'refs/heads/a~1',
      'refs/heads/@',
    ],
    [`refs/heads/${'a'.repeat(300)}`, 'refs/heads/../../config', '--upload-pack=x', 'refs/heads/a[b', 'refs/heads/a?'],
  ].flat();
  for (const ref of hostile) {
    it(`${JSON.stringify(ref.slice(0, 40))} is not`, () => expect(isBranchOrTag(ref)).to.equal(false));
  }
});
