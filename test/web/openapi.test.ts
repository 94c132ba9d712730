import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { PATH_PARAMETERS } from '../../web/api/parameters';
import { apiRoutes } from '../../web/api/routes';
import { routes } from '../../web/server';
import { type House, makeHouse } from './support/house';
import { OPENAPI_FILE, openApiText } from './support/write-openapi';

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { $ref?: string; description?: string }>;
  security: object[];
}
interface Document {
  openapi: string;
  info: { description: string };
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, object>>;
}

const document = JSON.parse(openApiText()) as Document;
const described = routes.filter((route) => route.api !== undefined);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every `$ref` in it, wherever it stands. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)));
}

const resolve = (ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);

describe('the description of the API', () => {
  it('is checked in as it is (else write it anew: test/web/support/write-openapi.ts)', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8') === openApiText()).to.equal(true);
  });

  it('tells every route of the API', () => {
    expect(apiRoutes.filter((route) => route.api === undefined).map((route) => route.path)).to.deep.equal([]);
    const undescribed = routes.filter((route) => /^\/(api|health|metrics)/.test(route.path) && route.api === undefined);
    expect(undescribed.map((route) => route.path)).to.deep.equal([]);
    expect(operations).to.have.length(described.length);
  });

  it('names every operation once, in a sentence', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { operation } of operations) {
      expect(operation.operationId).to.match(/^[a-z][A-Za-z0-9]+$/);
      expect(operation.summary).to.match(/^[A-Z].+\.$/);
    }
  });

  it('tells each part of a path, and what it is', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const told = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(told.map(({ name }) => name)).to.deep.equal(inPath);
      for (const { name, required, description } of told) {
        expect(Object.keys(PATH_PARAMETERS)).to.include(name);
        expect([required, description]).to.deep.equal([true, PATH_PARAMETERS[name]?.description]);
      }
    }
  });

  it('refers only to what is there', () => {
    const refs = [...new Set(refsIn(document))];
    expect(refs).to.not.have.length(0);
    expect(refs.filter((ref) => resolve(ref) === undefined)).to.deep.equal([]);
  });

  it('has a way to succeed and a shape of refusals for each operation, and wants a token where the route does', () => {
    for (const { path, method, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => status.startsWith('2'))).to.equal(true);
      expect(statuses).to.include('500');
      const route = described.find(
        (r) => r.path.replace(/:(\w+)/g, '{$1}') === path && r.method.toLowerCase() === method,
      );
      const byToken = route?.permission !== 'public' && route?.permission !== 'signature';
      expect(operation.security).to.have.length(byToken ? 1 : 0);
      expect(statuses.includes('401')).to.equal(route?.permission !== 'public');
      const takesBody = route?.api?.body !== undefined || route?.api?.upload !== undefined;
      expect(operation.requestBody !== undefined, operation.operationId).to.equal(takesBody);
    }
  });

  it('tells forges where to call, and people where a shell is', () => {
    const hook = document.paths['/hooks/{app}/{forge}']?.post;
    const forges = ['github', 'gitlab', 'gitea', 'gitee', 'bitbucket', 'bitbucket-dc', 'generic'];
    expect(hook?.parameters?.[1]?.schema).to.deep.include({ enum: forges });
    expect(hook?.requestBody?.content).to.have.property('application/json');
    expect(hook?.responses).to.have.all.keys('200', '202', '400', '401', '413', '500', '503');
    expect(document.info.description).to.include('/api/v1/apps/{app}/shell');
  });

  it('promises no last field of an answer, and refuses unknown ones of a request', () => {
    const shared = Object.entries(document.components.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
    const answers = JSON.stringify([shared, operations.map(({ operation }) => operation.responses)]);
    expect(answers).to.not.include('"additionalProperties":false');
    for (const { operation } of operations) {
      const schema = operation.requestBody?.content['application/json']?.schema;
      // A webhook is read by its forge's own rules.
      if (schema !== undefined) expect(schema, operation.operationId).to.include({ additionalProperties: false });
    }
  });
});

describe('what the API describes of itself', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
  });
  after(() => house.close());

  it('is what it serves', async () => {
    expect(await house.json('/api/openapi.json')).to.deep.equal(document);
  });

  it('is what it checks: every query that is not told is refused by name', async () => {
    const refused = await house.ask('/api/v1/runs?colour=red');
    expect(refused.status).to.equal(400);
    const { error } = (await refused.json()) as { error: { code: string; message: string } };
    expect(error.code).to.equal('query');
    expect(error.message).to.include('colour');
  });

  it('fails the test that an undescribed answer comes up in', async () => {
    const { show } = house.engine.environments;
    house.engine.environments.show = async () => [{ colour: 'red' } as never];
    const asked = await house.ask('/api/v1/environments').then(
      () => 'nothing',
      (error: Error) => error.message,
    );
    house.engine.environments.show = show;
    expect(asked).to.include('GET /api/v1/environments').and.include('colour');
  });

  it('names the shapes that several answers share', () => {
    expect(document.openapi).to.equal('3.1.0');
    expect(Object.keys(document.components.schemas ?? {})).to.include.members(['App', 'Refusal', 'Run', 'RunSummary']);
    expect(z.object({ type: z.literal('object') }).safeParse(document.components.schemas?.Run).success).to.equal(true);
  });
});
