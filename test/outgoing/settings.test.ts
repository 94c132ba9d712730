import { expect } from 'chai';
import { mailSettings, outgoingSettings } from '../../outgoing-settings';
import { runnerSettings } from '../../settings';

describe('settings of calls that leave Gantry', () => {
  it('allow nothing, and send no mail, when nobody said so', () => {
    expect(outgoingSettings({})).to.eql({ allow: [] });
    expect(mailSettings({ GANTRY_SMTP_URL: '', GANTRY_SMTP_FROM: 'a@b.example' })).to.eql({});
  });

  it('take networks, a proxy, authorities (else those of forges) and a mail server', () => {
    const environment = {
      GANTRY_OUTGOING_ALLOW: '10.1.0.0/16, fd00::1',
      GANTRY_OUTGOING_PROXY: 'http://proxy:3128',
      GANTRY_FORGE_CA_BUNDLE: '/etc/forge.pem',
    };
    const proxy = 'http://proxy:3128';
    expect(outgoingSettings(environment)).to.eql({
      allow: ['10.1.0.0/16', 'fd00::1'],
      proxy,
      caBundle: '/etc/forge.pem',
    });
    expect(outgoingSettings({ ...environment, GANTRY_OUTGOING_CA_BUNDLE: '/etc/o.pem' }).caBundle).to.equal(
      '/etc/o.pem',
    );
    const mail = { GANTRY_SMTP_URL: 'smtps://m.example', GANTRY_SMTP_FROM: 'Gantry <g@b.example>' };
    expect(mailSettings(mail)).to.eql({ mail: { url: 'smtps://m.example', from: 'Gantry <g@b.example>' } });
  });

  const wrong: [string, NodeJS.ProcessEnv][] = [
    ['GANTRY_OUTGOING_ALLOW', { GANTRY_OUTGOING_ALLOW: '10.1.0.0/40' }],
    ['GANTRY_OUTGOING_ALLOW', { GANTRY_OUTGOING_ALLOW: 'forge.example' }],
    ['GANTRY_OUTGOING_PROXY', { GANTRY_OUTGOING_PROXY: 'socks://u:s3cret@proxy' }],
    ['GANTRY_SMTP_URL', { GANTRY_SMTP_URL: 'mail.example:s3cret' }],
    ['GANTRY_SMTP_FROM', { GANTRY_SMTP_URL: 'smtp://u:s3cret@mail.example' }],
  ];
  for (const [name, environment] of wrong) {
    it(`say what ${name} must be, and repeat no password of it`, () => {
      expect(() => runnerSettings(environment)).to.throw(name);
      expect(() => runnerSettings(environment)).to.not.throw('s3cret');
    });
  }

  it('put the address that people call into what they are told', () => {
    const url = (environment: NodeJS.ProcessEnv) => runnerSettings(environment).webUrl;
    expect(url({})).to.equal('http://127.0.0.1:7070');
    expect(url({ GANTRY_TLS: 'own', GANTRY_LISTEN: '[::1]:7443' })).to.equal('https://[::1]:7443');
    expect(url({ GANTRY_PUBLIC_URL: 'https://gantry.bank.example' })).to.equal('https://gantry.bank.example');
  });
});
