import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { StepFailure } from '../../../engine/model/errors';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import { smallArchive } from '../../../runners/dummy/archive';
import { checkArtifact } from '../../../runners/steps/check-artifact';

const JAVAX = 'Ljavax/servlet/http/HttpServlet;';
const JAKARTA = 'Ljakarta/servlet/http/HttpServlet;';

describe('a WAR, for the base that is to serve it', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-artifact-'));
  });
  after(() => rm(folder, { recursive: true }));

  const answer = async (base: string, classes: Record<string, string>): Promise<{ message: string; next: string }> => {
    const path = join(folder, 'app.war');
    await writeFile(path, smallArchive({ 'WEB-INF/web.xml': '<web-app/>', ...classes }));
    return checkArtifact(path, 'war', planOn(base)).then(
      () => ({ message: 'accepted', next: '' }),
      (error: unknown) => {
        expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
        return error as StepFailure as { message: string; next: string };
      },
    );
  };
  const own = (text: string) => ({ 'WEB-INF/classes/bank/Servlet.class': text });

  it('of the javax age is refused on a server of Jakarta, with the base that would fit', async () => {
    for (const base of ['gantry/tomcat', 'gantry/tomee', 'gantry/open-liberty', 'gantry/wildfly:latest']) {
      const { message, next } = await answer(base, own(JAVAX));
      expect(message).to.equal(
        `the WAR is made for javax.servlet, and ${base} serves jakarta.servlet: each of its servlets would be missing`,
      );
      expect(next).to.include('serve: { base: gantry/tomcat9 }');
    }
    expect((await answer('gantry/tomcat9', own(JAVAX))).message).to.equal('accepted');
  });

  it('of Jakarta is refused on Tomcat 9', async () => {
    const { message, next } = await answer('gantry/tomcat9', own(JAKARTA));
    expect(message).to.include('made for jakarta.servlet, and gantry/tomcat9 serves javax.servlet');
    expect(next).to.include('serve: { base: gantry/tomcat }').and.include('gantry/wildfly');
    expect((await answer('gantry/tomcat', own(JAKARTA))).message).to.equal('accepted');
  });

  it('is left to a base that is not ours, and when its own classes name neither or both', async () => {
    expect((await answer('bank/weblogic:14', own(JAVAX))).message).to.equal('accepted');
    expect((await answer('gantry/tomcat', own('nothing of the kind'))).message).to.equal('accepted');
    expect((await answer('gantry/tomcat', own(`${JAVAX}${JAKARTA}`))).message).to.equal('accepted');
    const library = { 'WEB-INF/lib/old.jar': JAVAX, 'other/Servlet.class': JAVAX };
    expect((await answer('gantry/tomcat', library)).message).to.equal('accepted');
  });
});

function planOn(base: string) {
  const text = `app: old
build: { artifact: { in: gantry/maven, run: mvn package, take: target/*.war } }
serve: { base: "${base}", port: 8080, health: { path: /health } }
stages: { production: {} }
`;
  const parsed = parsePipeline(text, { file: 'gantry.yml' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return planPipeline(parsed.spec);
}
