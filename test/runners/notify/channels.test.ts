import { rejects } from 'node:assert';
import { createHmac } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import type { Address } from '../../../engine/outbox/address';
import type { ChannelKind } from '../../../engine/outbox/channel-kind';
import type { Message } from '../../../engine/outbox/message';
import type { Means } from '../../../runners/notify/channel';
import { channels } from '../../../runners/notify/channels';
import { smtpMailer } from '../../../runners/notify/mailer';
import { isStandardSigned } from '../../../web/hooks/standard';
import { Receiver } from '../../support/receiver';

const NOW = 1_764_000_000_000;
const ID = '019abcde-0000-7000-8000-000000000001';
const message: Message = {
  kind: 'failed',
  app: 'shop',
  run: 12,
  title: 'shop #12 has failed',
  lines: ['production/verify: status 500, not <200> & *so* on', 'abcdef012345 main: mend the till (ada)'],
  link: 'https://gantry.bank.example/apps/shop/runs/12',
  at: NOW - 5_000,
};
const TEXT = [message.title, ...message.lines, message.link].join('\n');

interface Case {
  /** Of the address, after the host. */
  path: string;
  secret: string | null;
  /** What the other side answers when it takes a message. */
  takes: unknown;
  /** What comes there, beside the signature. */
  body: unknown;
}

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const CASES: Record<Exclude<ChannelKind, 'email'>, Case> = {
  webhook: {
    path: '/in?token=x',
    secret: SECRET,
    takes: '',
    body: {
      type: 'gantry.failed',
      timestamp: '2025-11-24T15:59:55.000Z',
      data: { app: 'shop', run: 12, title: message.title, lines: message.lines, link: message.link },
    },
  },
  slack: {
    path: '/services/T0/B0/s3cret',
    secret: null,
    takes: 'ok',
    body: {
      text: [
        `*<${message.link}|${message.title}>*`,
        'production/verify: status 500, not &lt;200&gt; &amp; \u200b*so\u200b* on',
        message.lines[1],
      ].join('\n'),
      link_names: 0,
      unfurl_links: false,
    },
  },
  dingtalk: {
    path: '/robot/send?access_token=s3cret',
    secret: 'SECabcdefgh',
    takes: { errcode: 0, errmsg: 'ok' },
    body: { msgtype: 'text', text: { content: TEXT }, at: { isAtAll: false } },
  },
  wecom: {
    path: '/cgi-bin/webhook/send?key=s3cret',
    secret: null,
    takes: { errcode: 0, errmsg: 'ok' },
    body: { msgtype: 'text', text: { content: TEXT } },
  },
  feishu: {
    path: '/open-apis/bot/v2/hook/s3cret',
    secret: 'abcdefghij',
    takes: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' },
    body: { msg_type: 'text', content: { text: TEXT } },
  },
};

describe('channels on the wire', () => {
  const receiver = new Receiver();
  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => receiver.clear());
  const means: Means = { outgoing: receiver.outgoing, mailer: undefined, now: () => NOW };
  const host = 'https://chat.example';

  for (const [kind, { path, secret, takes, body }] of Object.entries(CASES)) {
    const send = () => {
      const address: Address = { to: `${host}${path}`, secret };
      return channels[kind as ChannelKind]({ id: ID, message, address }, means);
    };

    describe(kind, () => {
      beforeEach(() => {
        receiver.usual = () => ({ status: 200, body: takes });
      });

      it('is told what happened, in its own words', async () => {
        expect(await send()).to.eql({ kind: 'sent' });
        const [came] = receiver.received;
        expect([came?.method, receiver.hosts]).to.eql(['POST', ['chat.example']]);
        expect(came?.path.startsWith(path)).to.equal(true);
        expect(came?.headers['content-type']).to.equal('application/json; charset=utf-8');
        const { timestamp, sign, ...rest } = JSON.parse(came?.body ?? '') as Record<string, unknown>;
        expect(kind === 'feishu' ? rest : { ...rest, ...(timestamp ? { timestamp } : {}) }).to.eql(body);
        expect(sign === undefined).to.equal(kind !== 'feishu');
      });

      it('is told later when it is too much, as late as it says', async () => {
        receiver.replies = [{ status: 429, headers: { 'retry-after': '30' } }];
        expect(await send()).to.eql({ kind: 'later', reason: 'it answered with status 429', afterMs: 30_000 });
        const date = new Date(NOW + 90_000).toUTCString();
        receiver.replies = [{ status: 503, headers: { 'retry-after': date } }];
        expect(await send()).to.eql({ kind: 'later', reason: 'it answered with status 503', afterMs: 90_000 });
      });

      it('is told later when it is broken, hangs, or sends elsewhere', async () => {
        receiver.replies = [
          { status: 500 },
          { status: 302, headers: { location: 'http://127.0.0.1/' } },
          { status: 404 },
        ];
        for (let i = 0; i < 3; i++) expect((await send()).kind).to.equal('later');
        receiver.replies = ['silence'];
        await rejects(send(), { code: 'outgoing-timeout' });
      });

      it('gives up what it will never take', async () => {
        receiver.replies = [{ status: 400 }];
        expect((await send()).kind).to.equal('refused');
      });

      it('says nothing of its address when something is wrong', async () => {
        receiver.replies = [{ status: 403, body: 's3cret' }];
        expect(JSON.stringify(await send())).not.to.include('s3cret');
      });
    });
  }

  it('signs for a webhook as Standard Webhooks has it: our own reader of them agrees', async () => {
    const address = { to: `${host}/in`, secret: SECRET };
    await channels.webhook({ id: ID, message, address }, means);
    const [came] = receiver.received;
    const hook = { headers: came?.headers ?? {}, body: Buffer.from(came?.body ?? '') };
    expect(came?.headers['webhook-id']).to.equal(ID);
    expect(isStandardSigned(hook, SECRET, NOW)).to.equal(true);
    const other = { ...hook, body: Buffer.from(`${came?.body} `) };
    expect(isStandardSigned(other, SECRET, NOW)).to.equal(false);
  });

  it('signs for DingTalk in the address: time and secret, under the secret', async () => {
    receiver.usual = () => ({ status: 200, body: { errcode: 0 } });
    const { path, secret } = CASES.dingtalk;
    await channels.dingtalk({ id: ID, message, address: { to: `${host}${path}`, secret } }, means);
    const query = new URL(`${host}${receiver.received[0]?.path}`).searchParams;
    const sign = createHmac('sha256', secret ?? '')
      .update(`${NOW}\n${secret}`)
      .digest('base64');
    expect(Object.fromEntries(query)).to.eql({ access_token: 's3cret', timestamp: String(NOW), sign });
  });

  it('signs for Feishu in the body: nothing, under time and secret', async () => {
    receiver.usual = () => ({ status: 200, body: { code: 0 } });
    const { path, secret } = CASES.feishu;
    await channels.feishu({ id: ID, message, address: { to: `${host}${path}`, secret } }, means);
    const { timestamp, sign } = JSON.parse(receiver.received[0]?.body ?? '') as Record<string, string>;
    expect(timestamp).to.equal('1764000000');
    expect(sign).to.equal(createHmac('sha256', `1764000000\n${secret}`).update('').digest('base64'));
  });

  const busy = { kind: 'later', afterMs: 60_000 };
  const denied = { kind: 'later', afterMs: 15 * 60_000 };
  const content = { kind: 'refused' };
  const MORE = 'more at https://open.work.weixin.qq.com/devtool/query?e=';
  const robots: [ChannelKind, unknown, object][] = [
    ['dingtalk', { errcode: 130101, errmsg: 'send too fast, exceed 20 times per minute' }, busy],
    ['dingtalk', { errcode: -1, errmsg: '系统繁忙' }, busy],
    [
      'dingtalk',
      { errcode: 310000, errmsg: 'sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]' },
      {
        ...denied,
        reason:
          'it refused with code 310000: sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]',
      },
    ],
    ['dingtalk', { errcode: 310000, errmsg: 'description:机器人发送签名不匹配;solution:请确认签名;' }, denied],
    ['dingtalk', { errcode: 310000, errmsg: 'ip 10.1.2.3 not in whitelist' }, denied],
    ['dingtalk', { errcode: 310000, errmsg: 'keywords not in content' }, content],
    ['dingtalk', { errcode: 310000, errmsg: 'description:关键词不匹配;solution:请联系群管理员;' }, content],
    ['dingtalk', { errcode: 300005, errmsg: 'token is not exist' }, denied],
    ['dingtalk', { errcode: 430104, errmsg: '含有不合适的内容' }, content],
    ['dingtalk', { errcode: 460101, errmsg: 'message too long, exceed 20000 bytes' }, content],
    ['wecom', { errcode: 45009, errmsg: `api freq out of limit, hint: [1], ${MORE}45009` }, busy],
    ['wecom', { errcode: 93000, errmsg: `invalid webhook url, hint: [1], ${MORE}93000` }, denied],
    ['wecom', { errcode: 40058, errmsg: 'text.content exceed max length 2048. invalid Request Parameter' }, content],
    ['feishu', { code: 11232, msg: 'frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]' }, busy],
    ['feishu', { code: 9499, msg: 'too many request', data: {} }, busy],
    ['feishu', { code: 9499, msg: 'Bad Request', data: {} }, content],
    ['feishu', { code: 19024, msg: 'Key Words Not Found' }, content],
    ['feishu', { code: 19022, msg: 'Ip Not Allowed' }, denied],
    [
      'feishu',
      { code: 19021, msg: 'sign match fail or timestamp is not within one hour from current time' },
      {
        ...denied,
        reason: 'it refused with code 19021: sign match fail or timestamp is not within one hour from current time',
      },
    ],
    ['feishu', { code: 19001, msg: 'param invalid: incoming webhook access token invalid' }, denied],
    [
      'wecom',
      '<html>a portal</html>',
      { kind: 'later', reason: 'its answer is not that of a robot: is it its address?' },
    ],
    ['dingtalk', 'null', { kind: 'later', reason: 'its answer is not that of a robot: is it its address?' }],
  ];
  for (const [kind, answer, expected] of robots) {
    it(`reads the answer of ${kind}, which comes with status 200 whatever it says: ${JSON.stringify(answer)}`, async () => {
      receiver.usual = () => ({ status: 200, body: answer });
      const outcome = await channels[kind]({ id: ID, message, address: { to: host, secret: null } }, means);
      expect(outcome).to.include(expected);
    });
  }

  describe('email', () => {
    const mails: { to: string[]; text: string }[] = [];
    let refuse: number | undefined;
    let asked = 0;
    const server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => {
        asked++;
        done(null, { user: 'gantry' });
      },
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => {
        done(refuse === undefined ? null : Object.assign(new Error('no such mailbox'), { responseCode: refuse }));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({ to, text: Buffer.concat(chunks).toString('utf8') });
          done();
        });
      },
    });
    before((ready) => void server.listen(0, '127.0.0.1', ready));
    after((closed) => server.close(closed));
    beforeEach(() => {
      refuse = undefined;
      mails.length = 0;
    });
    const send = (port = (server.server.address() as AddressInfo).port) => {
      const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, 'Gantry <gantry@bank.example>');
      const address = { to: 'ops@bank.example, ada@bank.example', secret: null };
      return channels.email({ id: ID, message, address }, { ...means, mailer });
    };

    it('comes to everybody, with a title, and an id that is the same for a repetition', async () => {
      expect(await send()).to.eql({ kind: 'sent' });
      await send();
      expect(mails.map(({ to }) => to)).to.eql(Array(2).fill(['ops@bank.example', 'ada@bank.example']));
      for (const { text } of mails) {
        expect(text).to.include('Subject: shop #12 has failed').and.include('From: Gantry <gantry@bank.example>');
        expect(text).to.include(`Message-ID: <${ID}@gantry>`).and.include('Auto-Submitted: auto-generated');
        expect(text).to.include('abcdef012345 main: mend the till (ada)').and.include(message.link);
      }
    });

    it('is given up when the server knows no such mailbox, and comes later when it is busy or away', async () => {
      refuse = 550;
      expect((await send()).kind).to.equal('refused');
      refuse = 450;
      expect((await send()).kind).to.equal('later');
      expect((await send(1)).kind).to.equal('later');
    });

    it('gives no password to a server that offers no encryption', async () => {
      const { port } = server.server.address() as AddressInfo;
      const mailer = smtpMailer(`smtp://gantry:s3cret@127.0.0.1:${port}`, 'Gantry <gantry@bank.example>');
      const address = { to: 'ops@bank.example', secret: null };
      const outcome = await channels.email({ id: ID, message, address }, { ...means, mailer });
      expect([outcome.kind, mails, asked]).to.eql(['later', [], 0]);
      expect(JSON.stringify(outcome)).not.to.include('s3cret');
    });

    it('comes later from a server that is never silent and never done, and the line to it is cut', async () => {
      const slow = createServer((socket) => {
        const drip = setInterval(() => socket.write('220-a moment, please\r\n'), 20);
        socket.on('error', () => undefined); // it is cut
        socket.on('close', () => clearInterval(drip));
      });
      await new Promise<void>((ready) => slow.listen(0, '127.0.0.1', ready));
      const { port } = slow.address() as AddressInfo;
      const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, 'Gantry <gantry@bank.example>', undefined, 300);
      const address = { to: 'ops@bank.example', secret: null };
      const outcome = await channels.email({ id: ID, message, address }, { ...means, mailer });
      const reason = 'the mail server: it did not take the mail within 0.3 s';
      expect(outcome).to.eql({ kind: 'later', reason });
      // Ends when nobody is connected any more.
      await new Promise((closed) => slow.close(closed));
    });

    it('waits while nobody has said by which server it goes', async () => {
      const address = { to: 'ops@bank.example', secret: null };
      const outcome = await channels.email({ id: ID, message, address }, means);
      expect(outcome).to.eql({ kind: 'later', reason: 'no mail server is set: GANTRY_SMTP_URL' });
    });
  });
});
