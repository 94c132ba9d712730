import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { GantryError } from '../../../engine/model/errors';
import type { Vault } from '../../../engine/ports/vault';
import { keyProblem, openVault } from '../../../engine/store/key-file';
import { plainSize, sealedBy } from '../../../engine/store/vault';
import { makeEngine, type TestEngine } from '../../support/engine';
import { testVault } from '../../support/vault';

const failing = (act: () => unknown): GantryError => {
  try {
    act();
  } catch (error) {
    return error as GantryError;
  }
  throw new Error('it was not refused');
};

describe('the vault', () => {
  it('opens what it sealed, whatever the bytes and the purpose', () => {
    const vault = testVault();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (bytes, purpose) => {
          const sealed = vault.seal(purpose, bytes, undefined);
          expect(sealed).to.match(/^[\w.-]+$/);
          expect(vault.open(purpose, sealed)).to.deep.equal(Buffer.from(bytes));
        },
      ),
    );
  });

  it('never seals the same bytes to the same text', () => {
    const vault = testVault();
    expect(vault.seal('a', Buffer.from('same'), undefined)).to.not.equal(
      vault.seal('a', Buffer.from('same'), undefined),
    );
  });

  it('opens nothing that was sealed for another purpose', () => {
    const vault = testVault();
    const sealed = vault.seal('secret:shop:PASSWORD', Buffer.from('hunter2hunter2'), undefined);
    expect(failing(() => vault.open('secret:ledger:PASSWORD', sealed)).code).to.equal('sealed-damaged');
    const [format, key, , bytes] = sealed.split('.');
    const moved = [format, key, Buffer.from('secret:ledger:PASSWORD').toString('base64url'), bytes].join('.');
    expect(failing(() => vault.open('secret:ledger:PASSWORD', moved)).code).to.equal('sealed-damaged');
  });

  it('opens nothing of which one sign was changed', () => {
    const vault = testVault();
    const sealed = vault.seal('a', Buffer.from('some value'), undefined);
    for (let at = sealed.lastIndexOf('.') + 1; at < sealed.length - 1; at++) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(failing(() => vault.open('a', changed)).code).to.equal('sealed-damaged');
    }
    expect(failing(() => vault.open('a', 'no sealed text')).code).to.equal('sealed-damaged');
  });

  it('reads what an older key sealed, until that is forgotten', () => {
    const vault = testVault();
    const sealed = vault.seal('a', Buffer.from('some value'), undefined);
    const id = vault.addKey();
    expect(vault.keyIds()[0]).to.equal(id);
    expect(sealed.startsWith(sealedBy(id))).to.equal(false);
    expect(vault.open('a', sealed).toString()).to.equal('some value');
    const again = vault.sealAgain(sealed, id);
    expect(again.startsWith(sealedBy(id))).to.equal(true);
    vault.forgetOldKeys();
    expect(vault.open('a', again).toString()).to.equal('some value');
    expect(failing(() => vault.open('a', sealed))).to.include({ code: 'secret-key', kind: 'unavailable' });
  });
});

describe('a vault on one of several machines', () => {
  const plain = Buffer.from('some value');

  it('seals with the key that it is told, though its file has a newer one', () => {
    const vault = testVault();
    const [old = ''] = vault.keyIds();
    const fresh = vault.addKey();
    expect(vault.seal('a', plain, old).startsWith(sealedBy(old))).to.equal(true);
    expect(vault.seal('a', plain, fresh).startsWith(sealedBy(fresh))).to.equal(true);
  });

  it('seals nothing once the key was changed on another machine, and says what to do', () => {
    const [here, there] = [testVault(), testVault()];
    const fresh = there.addKey();
    const refused = failing(() => here.seal('a', plain, fresh));
    expect(refused).to.include({ code: 'secret-key', kind: 'unavailable' });
    expect(refused.message).to.contain(`seals with key ${fresh}`);
    expect(refused.next).to.contain('copy the key file of the machine on which the key was changed');
  });

  it('tells how long a sealed value is without opening it', () => {
    const vault = testVault();
    for (const size of [0, 1, 2, 3, 4, 63, 64, 65, 65_536]) {
      expect(plainSize(vault.seal('secret:shop::A', Buffer.alloc(size, 7), undefined))).to.equal(size);
    }
    expect(plainSize('sealed1.x.y.AAAA')).to.equal(0);
  });
});

describe('the key file', () => {
  let house: TestEngine;
  let file: string;
  let folder: string;
  let said: object[];
  const open = (): Promise<Vault> => {
    const log = { info: () => {}, warn: () => {}, error: (fields: object) => said.push(fields) };
    return openVault({ store: house.engine.parts.store, random: { bytes: randomBytes }, log }, file);
  };
  beforeEach(async () => {
    house = await makeEngine();
    folder = await mkdtemp(join(tmpdir(), 'gantry-key-'));
    file = join(folder, 'deeper', 'secret.key');
    said = [];
  });
  afterEach(async () => {
    await house.close();
    await rm(folder, { recursive: true, force: true });
  });
  const refusal = (vault: Vault): string => {
    try {
      vault.seal('a', Buffer.from('x'), undefined);
      return 'sealed';
    } catch (error) {
      return (error as GantryError).message;
    }
  };

  it('is made at the first start, for its owner alone, and is the same for everybody who starts with it', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(second.open('a', first.seal('a', Buffer.from('value'), undefined)).toString()).to.equal('value');
    expect((await open()).keyIds()).to.deep.equal(first.keyIds());
    expect(said).to.deep.equal([]);
  });

  it('is read again when another process has made a new key', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    first.addKey();
    expect(second.open('a', first.seal('a', Buffer.from('value'), undefined)).toString()).to.equal('value');
  });

  it('that is gone is missed at the start, and not made anew', async () => {
    await open();
    await rm(file);
    const vault = await open();
    expect(said).to.have.lengthOf(1);
    expect(JSON.stringify(said[0])).to.contain(file).and.to.contain('put the key file of this installation back');
    expect(refusal(vault)).to.contain('ENOENT');
    expect(await stat(file).catch(() => 'none')).to.equal('none');
  });

  it('of another installation is told from its own', async () => {
    await open();
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const vault = await open();
    expect(said).to.have.lengthOf(1);
    expect(refusal(vault)).to.contain('holds another key than');
  });

  it('is told of by the doctor, who changes nothing', async () => {
    const { store } = house.engine.parts;
    expect(await keyProblem(store, file)).to.equal(undefined);
    expect(await stat(file).catch(() => 'none')).to.equal('none');
    await open();
    expect(await keyProblem(store, file)).to.equal(undefined);
    await rm(file);
    expect(await keyProblem(store, file)).to.contain('ENOENT');
  });

  it('with too short a key is refused without showing it', async () => {
    await open();
    const short = (await readFile(file, 'utf8')).replace(/^[A-Za-z0-9+/]{20}/m, '');
    await writeFile(file, short);
    const vault = await open();
    expect(refusal(vault)).to.match(/has \d+ bytes, and a key has 32/);
    expect(JSON.stringify(said)).to.not.contain(short.trim().split('\n').at(-1));
  });
});
