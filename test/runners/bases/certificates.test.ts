import { expect } from 'chai';
import { hostCertificates, uniqueCertificates } from '../../../runners/bases/certificates';

const certificate = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

describe("the host's certificates", () => {
  it('are each taken once, in an order of their own', () => {
    const bundle = `# root\n${certificate('BBBB')}${certificate('AAAA')}${certificate('BBBB')}`;
    expect(uniqueCertificates(bundle)).to.equal(certificate('AAAA') + certificate('BBBB'));
  });

  it('are the same with line ends of another system', () => {
    expect(uniqueCertificates(certificate('AAAA').replaceAll('\n', '\r\n'))).to.equal(certificate('AAAA'));
  });

  it('leave out everything that is no certificate', () => {
    expect(uniqueCertificates('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')).to.equal('');
  });

  it('name the setting when its file cannot be read', async () => {
    const error = await hostCertificates('/nowhere/ca.pem').catch((each: Error) => each);
    expect(error).to.be.an('error').with.property('message').that.includes('CA bundle for builds (/nowhere/ca.pem)');
  });
});
