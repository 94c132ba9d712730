import { z } from 'zod';
import type { AnswerShape, ApiDescription, Route } from '../route';
import { STATUS } from './errors';
import { PATH_PARAMETERS } from './parameters';
import { refusal } from './schemas/common';

/** Of the interface, not of the program: answers may get more fields, everything else would be a `v2`. */
const API_VERSION = '1';

const DESCRIPTION = `From git push to production, and back. Clients must accept fields that are not described yet.

A shell in an instance is a WebSocket, which this format cannot describe: \`/api/v1/apps/{app}/shell\`, with the token in
\`Authorization\`; a browser's session does not open it. The first message is JSON and says what is wanted:
\`environment\`, \`instance\`, \`production\`, \`command\` (a list; empty for a shell), \`terminal\` (\`columns\` and \`rows\`,
or null). Then binary messages of the client are input, and its texts are \`{"size":{"columns","rows"}}\` and
\`{"endOfInput":true}\`. Binary messages of the server are output behind one byte (1 output, 2 errors), and its texts are
\`{"open":{…}}\`, \`{"end":{"exitCode","reason"}}\` and \`{"error":{…}}\`.`;

type Schema = Record<string, unknown>;
type Described = Route & { api: ApiDescription };

/** By status: its name among the components, and what it means. */
const REFUSALS = {
  400: ['BadInput', 'the input is not as described'],
  401: ['Unauthorized', 'no token, or one that nobody has'],
  403: ['Forbidden', 'this user may not do that'],
  404: ['NotFound', 'what the address or the input names does not exist'],
  409: ['Conflict', 'things stand otherwise; the message tells how'],
  413: ['TooLarge', 'the body is too large'],
  429: ['Busy', 'a limit is reached; `Retry-After` says when to try again'],
  500: ['Mistake', 'a mistake of Gantry'],
  503: ['Unavailable', 'Gantry cannot do it now'],
} as const;
type RefusalStatus = keyof typeof REFUSALS;

/** OpenAPI 3.1 of every route that is described: made from the schemas that read the input. */
export function openApiDocument(routes: readonly Route[]): object {
  const components: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter((r): r is Described => r.api !== undefined)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gantry',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      responses: Object.fromEntries(
        Object.values(REFUSALS).map(([name, words]) => [name, answer(refusal, components, words)]),
      ),
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operation(route: Described, components: Record<string, Schema>): Schema {
  const { method, path, permission, may, api } = route;
  const { summary, details, query, answers } = api;
  const parameters = [...pathParameters(path), ...queryParameters(query)];
  return {
    operationId: operationId(method, path),
    summary: `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(details === undefined ? {} : { description: details }),
    'x-gantry-permission': permission,
    ...(may === undefined ? {} : { 'x-gantry-may': may }),
    security: permission === 'public' || permission === 'signature' ? [] : [{ token: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(api, components),
    responses: {
      ...Object.fromEntries(refusalsOf(route).map((status) => [status, refused(status)])),
      ...Object.fromEntries(Object.entries(answers).map(([status, shape]) => [status, answer(shape, components)])),
    },
  };
}

function requestBody({ body, upload }: ApiDescription, components: Record<string, Schema>): Schema {
  if (upload !== undefined) {
    return { requestBody: { required: true, description: upload.description, content: { [upload.type]: {} } } };
  }
  if (body === undefined) return {};
  const content = { 'application/json': { schema: toSchema(body, 'input', components) } };
  return { requestBody: { required: !body.safeParse({}).success, content } };
}

/** `GET /api/v1/apps/:app/runs` is `getAppsAppRuns`: stable as long as the address is. */
const operationId = (method: string, path: string): string =>
  path
    .replace(/^\/api(\/v1)?\//, '')
    .split(/[/:.-]+/)
    .reduce((id, part) => id + part.charAt(0).toUpperCase() + part.slice(1), method.toLowerCase());

const pathParameters = (path: string): Schema[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...parameterSchema(PATH_PARAMETERS[name] ?? z.string()),
  }));

const queryParameters = (query: z.ZodObject | undefined): Schema[] =>
  Object.entries(query?.shape ?? {}).map(([name, shape]) => ({
    name,
    in: 'query',
    required: !(shape as z.ZodType).safeParse(undefined).success,
    ...parameterSchema(shape as z.ZodType),
  }));

/** The description belongs to the parameter, where tools look for it. */
function parameterSchema(shape: z.ZodType): Schema {
  const { description, ...schema } = toSchema(shape, 'input', {});
  return { ...(description === undefined ? {} : { description }), schema };
}

/** What permission, path and input bring along, and what the route itself names. */
function refusalsOf({ path, permission, may, api }: Described) {
  const { query, body, upload, errors = [] } = api;
  const takesBody = body !== undefined || upload !== undefined;
  const takesInput = query !== undefined || takesBody || path.includes(':number');
  const statuses: RefusalStatus[] = [
    ...(takesInput ? [400 as const] : []),
    ...(permission === 'public' ? [] : [401 as const]),
    ...(may === undefined || may === 'signed-in' || may === 'filtered' ? [] : [403 as const]),
    // Whoever shows no signature is not even told what there is.
    ...(path.includes(':') && permission !== 'signature' ? [404 as const] : []),
    ...(takesBody ? [413 as const] : []),
    500,
    503,
    ...errors.map((kind) => STATUS[kind]),
  ];
  return [...new Set(statuses)].sort();
}

const refused = (status: RefusalStatus): Schema => ({ $ref: `#/components/responses/${REFUSALS[status][0]}` });

function answer(shape: AnswerShape, components: Record<string, Schema>, description = ''): Schema {
  if (shape instanceof z.ZodType) {
    const schema = toSchema(shape, 'output', components);
    const words = description || (shape.description ?? 'as asked');
    return { description: words, content: { 'application/json': { schema } } };
  }
  const { type } = shape;
  return {
    description: shape.description,
    ...(type === '' ? {} : { content: { [type]: { schema: { type: 'string' } } } }),
  };
}

/**
 * Named shapes go to the components, so that each is told once. A request is read more strictly than an answer, so what
 * both have in common has two of them.
 */
function toSchema(shape: z.ZodType, io: 'input' | 'output', components: Record<string, Schema>): Schema {
  const made = z.toJSONSchema(shape, { io, override: ({ jsonSchema }) => soften(jsonSchema, io) }) as Schema & {
    $defs?: Record<string, Schema>;
  };
  const { $schema: _dialect, $defs = {}, ...schema } = made;
  const suffix = io === 'input' ? 'Input' : '';
  for (const [name, part] of Object.entries($defs)) components[`${name}${suffix}`] = relocate(part, suffix);
  return relocate(schema, suffix);
}

/** Answers may get more fields within a version, so none of them is promised to be the last. */
function soften(schema: Schema, io: 'input' | 'output'): void {
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** JSON Schema keeps its named parts elsewhere than OpenAPI. */
const relocate = <T extends object>(schema: T, suffix: string): T =>
  JSON.parse(
    JSON.stringify(schema).replace(/"#\/\$defs\/([^"]+)"/g, (_ref, name) => `"#/components/schemas/${name}${suffix}"`),
  ) as T;
