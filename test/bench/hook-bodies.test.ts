import { expect } from 'chai';
import { pushRequest } from '../../bench/support/hooks/bodies';

describe('a webhook of the bench', () => {
  const told = { delivery: 'shop-7', app: 'shop', branch: 'work-7', commit: 'c'.repeat(40) };
  const request = pushRequest(told, 7, 'secret');
  const [head = '', body = ''] = request.toString('utf8').split('\r\n\r\n');

  it('is signed as the library of GitHub checks it, over its very bytes', async () => {
    const { verify } = await import('@octokit/webhooks-methods');
    const signature = /^X-Hub-Signature-256: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
    expect(await verify('secret', body, signature)).to.equal(true);
    expect(await verify('secret', `${body} `, signature)).to.equal(false);
  });

  it('is a push as GitHub sends it, of its own branch and commit, with its length', () => {
    const push = JSON.parse(body) as Record<string, unknown>;
    expect(push).to.include({ ref: 'refs/heads/work-7', after: told.commit });
    expect(push).to.include.all.keys('repository', 'pusher', 'sender', 'commits');
    expect(head)
      .to.include(`Content-Length: ${Buffer.byteLength(body)}`)
      .and.include('X-GitHub-Delivery: shop-7');
  });
});
