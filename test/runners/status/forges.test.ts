import { rejects } from 'node:assert';
import { expect } from 'chai';
import type { ForgeName } from '../../../engine/forges/forge-name';
import { forgeOf } from '../../../engine/forges/forge-name';
import type { StatusState } from '../../../engine/forges/post';
import type { PostTaken } from '../../../engine/forges/take-post';
import { DENIED_MS } from '../../../runners/status/answer';
import { post as postAs } from '../../../runners/status/post';
import { Receiver } from '../../support/receiver';
import { COMMIT, LINK, REPOSITORIES, TOKEN, taken } from './support';

const NOW = 1_764_000_000_000;
const SENTENCE = 'test/verify failed: status 500';
const CONTEXT = 'gantry/shop/test';

interface Case {
  host: string;
  path: string;
  authorization: [header: string, value: string];
  /** As the forge's own manual has it. */
  body: unknown;
  /** What the forge answers, shortened to what is read. */
  answer: { status: number; body: unknown };
  /** Its words for our states. */
  states: Record<StatusState, unknown>;
  stateOf(body: Record<string, unknown>): unknown;
}

const githubLike = { state: 'failure', target_url: LINK, description: SENTENCE, context: CONTEXT };
const bitbucketLike = { key: CONTEXT, state: 'FAILED', name: CONTEXT, url: LINK, description: SENTENCE };
const githubStates = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failure: 'failure',
  cancelled: 'error',
};
const bitbucketStates = { pending: 'INPROGRESS', running: 'INPROGRESS', success: 'SUCCESSFUL', failure: 'FAILED' };

const CASES: Record<ForgeName, Case> = {
  github: {
    host: 'api.github.com',
    path: `/repos/bank/shop/statuses/${COMMIT}`,
    authorization: ['authorization', 'Bearer s3cret'],
    body: githubLike,
    answer: { status: 201, body: { id: 1, state: 'failure', context: CONTEXT } },
    states: githubStates,
    stateOf: ({ state }) => state,
  },
  gitlab: {
    host: 'gitlab.bank.example',
    path: `/api/v4/projects/core%2Fweb%2Fshop/statuses/${COMMIT}`,
    authorization: ['private-token', 's3cret'],
    body: { state: 'failed', name: CONTEXT, target_url: LINK, description: SENTENCE },
    answer: { status: 201, body: { id: 93, sha: COMMIT, status: 'failed', name: CONTEXT } },
    states: { pending: 'pending', running: 'running', success: 'success', failure: 'failed', cancelled: 'canceled' },
    stateOf: ({ state }) => state,
  },
  gitea: {
    host: 'git.bank.example',
    path: `/api/v1/repos/bank/shop/statuses/${COMMIT}`,
    authorization: ['authorization', 'token s3cret'],
    body: githubLike,
    answer: { status: 201, body: { id: 5, status: 'failure', context: CONTEXT } },
    states: githubStates,
    stateOf: ({ state }) => state,
  },
  gitee: {
    host: 'gitee.com',
    path: '/api/v5/repos/bank/shop/check-runs',
    authorization: ['authorization', 'token s3cret'],
    body: {
      name: CONTEXT,
      head_sha: COMMIT,
      status: 'completed',
      conclusion: 'failure',
      details_url: LINK,
      output: { title: CONTEXT, summary: SENTENCE },
    },
    answer: { status: 201, body: { id: 77, head_sha: COMMIT, status: 'completed' } },
    states: {
      pending: ['queued', undefined],
      running: ['in_progress', undefined],
      success: ['completed', 'success'],
      failure: ['completed', 'failure'],
      cancelled: ['completed', 'cancelled'],
    },
    stateOf: ({ status, conclusion }) => [status, conclusion],
  },
  bitbucket: {
    host: 'api.bitbucket.org',
    path: `/2.0/repositories/bank/shop/commit/${COMMIT}/statuses/build`,
    authorization: ['authorization', 'Bearer s3cret'],
    body: bitbucketLike,
    answer: { status: 201, body: { key: CONTEXT, type: 'build', state: 'FAILED' } },
    states: { ...bitbucketStates, cancelled: 'STOPPED' },
    stateOf: ({ state }) => state,
  },
  'bitbucket-dc': {
    host: 'bitbucket.bank.example',
    path: `/rest/build-status/1.0/commits/${COMMIT}`,
    authorization: ['authorization', 'Bearer s3cret'],
    body: bitbucketLike,
    answer: { status: 204, body: '' },
    states: { ...bitbucketStates, cancelled: 'FAILED' },
    stateOf: ({ state }) => state,
  },
};

describe('forges on the wire', () => {
  const receiver = new Receiver();
  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => receiver.clear());
  const means = { outgoing: receiver.outgoing, now: () => NOW };
  const post = (wanted: PostTaken) => postAs(wanted, TOKEN, means);
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body || '{}') as Record<string, unknown>);

  for (const [name, expected] of Object.entries(CASES) as [ForgeName, Case][]) {
    const send = (change = {}) => post(taken(name, change));

    describe(name, () => {
      beforeEach(() => {
        receiver.usual = () => expected.answer;
      });

      it('is told the status of a commit as its manual says', async () => {
        expect((await send()).kind).to.equal('sent');
        const [came] = receiver.received;
        const [header, value] = expected.authorization;
        expect([came?.method, receiver.hosts[0], came?.path]).to.eql(['POST', expected.host, expected.path]);
        expect(came?.headers[header]).to.equal(value);
        expect(came?.headers['content-type']).to.equal('application/json');
        expect(bodies()[0]).to.eql(expected.body);
      });

      it('has a word for every state', async () => {
        for (const [state, word] of Object.entries(expected.states)) {
          receiver.clear();
          receiver.usual = () => expected.answer;
          await send({ body: { kind: 'status', state, sentence: SENTENCE, link: LINK } });
          expect(expected.stateOf(bodies()[0] ?? {}), state).to.eql(word);
        }
      });

      it('says whose move it is when it does not take one', async () => {
        const answers: [number, Record<string, string>, object][] = [
          [401, {}, { kind: 'later', afterMs: DENIED_MS }],
          [403, {}, { kind: 'later', afterMs: DENIED_MS }],
          [404, {}, { kind: 'refused' }],
          [422, {}, { kind: 'refused' }],
          [429, { 'retry-after': '120' }, { kind: 'later', afterMs: 120_000 }],
          [500, {}, { kind: 'later' }],
          [502, { 'retry-after': '7' }, { kind: 'later', afterMs: 7_000 }],
          [301, { location: 'http://127.0.0.1/' }, { kind: 'later' }],
        ];
        for (const [status, headers, outcome] of answers) {
          receiver.replies = [{ status, headers, body: { message: 'no' } }];
          const said = await send();
          expect(said, String(status)).to.include(outcome);
          expect(JSON.stringify(said)).to.include(String(status)).and.not.include('s3cret');
        }
        receiver.replies = ['silence'];
        await rejects(send(), { code: 'outgoing-timeout' });
      });
    });
  }

  it('waits until the budget of GitHub is there again, which it says with a 403', async () => {
    const reset = String(NOW / 1000 + 300);
    receiver.replies = [{ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } }];
    expect(await post(taken('github'))).to.include({ kind: 'later', afterMs: 300_000 });
  });

  it('takes it for done when GitLab says that a status is so already', async () => {
    const message = 'Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")';
    receiver.replies = [{ status: 400, body: { message } }];
    expect(await post(taken('gitlab'))).to.eql({ kind: 'sent' });
    receiver.replies = [{ status: 400, body: { message: 'target_url is blocked' } }];
    expect((await post(taken('gitlab'))).kind).to.equal('refused');
  });

  it('changes the check of Gitee that it has made', async () => {
    receiver.usual = () => ({ status: 200, body: { id: 77 } });
    expect(await post(taken('gitee'))).to.eql({ kind: 'sent', id: '77' });
    expect(await post(taken('gitee', { remoteId: '77' }))).to.include({ kind: 'sent' });
    expect(receiver.received.map(({ method, path }) => `${method} ${path}`)).to.eql([
      'POST /api/v5/repos/bank/shop/check-runs',
      'PATCH /api/v5/repos/bank/shop/check-runs/77',
    ]);
  });

  it('keeps two long names apart where only forty characters are taken', async () => {
    const contexts = ['test', 'test2'].map((stage) => `gantry/a-storefront-with-a-long-name/${stage}-of-europe`);
    for (const context of contexts) await post(taken('bitbucket', { context }));
    const keys = bodies().map(({ key }) => String(key));
    expect(new Set(keys).size).to.equal(2);
    for (const key of keys) expect(key.length).to.be.at.most(40);
    expect(bodies().map(({ name }) => name)).to.eql(contexts);
  });

  it('sends no token to a forge over SSH, nor to a path', async () => {
    for (const url of ['git@git.bank.example:bank/shop.git', '/srv/git/shop.git', 'ssh://git@git.bank.example/a.git']) {
      expect((await post(taken('gitea', { url }))).kind).to.equal('refused');
    }
    expect(receiver.received).to.eql([]);
  });

  describe('a request', () => {
    const context = 'gantry/shop/request';
    const mark = `<!-- ${context} -->`;
    const text = `${mark}\n- **test**: http://shop-test.localhost/`;
    const comment = (forge: ForgeName, remoteId: string | null = null) =>
      taken(forge, { target: '7', context, remoteId, body: { kind: 'comment', text } });
    const paths: Partial<Record<ForgeName, [all: string, one: string, method: string]>> = {
      github: ['/repos/bank/shop/issues/7/comments', '/repos/bank/shop/issues/comments/31', 'PATCH'],
      gitlab: [
        '/api/v4/projects/core%2Fweb%2Fshop/merge_requests/7/notes',
        '/api/v4/projects/core%2Fweb%2Fshop/merge_requests/7/notes/31',
        'PUT',
      ],
      gitea: ['/api/v1/repos/bank/shop/issues/7/comments', '/api/v1/repos/bank/shop/issues/comments/31', 'PATCH'],
      gitee: ['/api/v5/repos/bank/shop/pulls/7/comments', '/api/v5/repos/bank/shop/pulls/comments/31', 'PATCH'],
      bitbucket: [
        '/2.0/repositories/bank/shop/pullrequests/7/comments',
        '/2.0/repositories/bank/shop/pullrequests/7/comments/31',
        'PUT',
      ],
    };
    const written = (forge: ForgeName, body: string) =>
      forge === 'bitbucket' ? { id: 31, content: { raw: body } } : { id: 31, body };
    const listed = (forge: ForgeName, ...all: unknown[]) => (forge === 'bitbucket' ? { values: all } : all);
    const calls = () => receiver.received.map(({ method, path }) => `${method} ${path.split('?')[0]}`);

    for (const [name, [all, one, method]] of Object.entries(paths) as [ForgeName, [string, string, string]][]) {
      it(`is told once by a comment at ${name}, which is changed afterwards`, async () => {
        const strange = { ...written(name, `quoted: ${text}`), id: 5 };
        receiver.replies = [
          { status: 200, body: listed(name, strange, { id: null }, 'x') },
          { status: 201, body: written(name, text) },
        ];
        expect(await post(comment(name))).to.eql({ kind: 'sent', id: '31' });
        expect(calls()).to.eql([`GET ${all}`, `POST ${all}`]);
        expect(bodies()[1]).to.eql(name === 'bitbucket' ? { content: { raw: text } } : { body: text });
        receiver.clear();
        expect(await post(comment(name, '31'))).to.eql({ kind: 'sent', id: '31' });
        expect(calls()).to.eql([`${method} ${one}`]);
      });

      it(`finds its comment at ${name} that was made before a crash`, async () => {
        receiver.replies = [{ status: 200, body: listed(name, written(name, `${mark}\nold`)) }];
        expect(await post(comment(name))).to.eql({ kind: 'sent', id: '31' });
        expect(calls()).to.eql([`GET ${all}`, `${method} ${one}`]);
      });
    }

    it('keeps quiet when somebody has removed the comment', async () => {
      receiver.usual = () => ({ status: 404 });
      expect(await post(comment('github', '31'))).to.eql({ kind: 'sent' });
    });

    it('is asked for later when its comments cannot be listed', async () => {
      receiver.replies = [{ status: 500 }];
      expect((await post(comment('github'))).kind).to.equal('later');
      expect(receiver.received).to.have.length(1);
    });

    it('has nothing to read at Data Center', async () => {
      expect((await post(comment('bitbucket-dc'))).kind).to.equal('sent');
      expect(receiver.received).to.eql([]);
    });
  });

  it('are known by their host, else by the hook that they signed', () => {
    const known = Object.entries(REPOSITORIES).map(([name, url]) => forgeOf(url, undefined) ?? `? ${name}`);
    expect(known).to.eql(['github', '? gitlab', '? gitea', 'gitee', 'bitbucket', '? bitbucket-dc']);
    expect(forgeOf(REPOSITORIES.gitlab, 'gitlab')).to.equal('gitlab');
    expect(forgeOf(REPOSITORIES.github, 'gitlab')).to.equal('github');
    expect(forgeOf(REPOSITORIES.gitea, 'generic')).to.equal(undefined);
  });
});
