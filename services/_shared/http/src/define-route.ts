import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './api-app.ts';
import { readJsonBody, readJsonBodyIfAny } from './json-body.ts';
import type { Access } from './scopes.ts';

type RouteMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

type SuccessResponse = {
  readonly description: string;
  /** Absent for an answer without a body. */
  readonly schema?: z.ZodType;
  /** Response headers by name, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What an event stream says instead, to a client that asks for one. */
  readonly eventStream?: string;
};

export type RouteDefinition<Params, Query, Body, Responses> = {
  readonly method: RouteMethod;
  /** With parameters in braces: `/v1/orders/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  /** Who may use it. `ops` widens whose things a caller reaches; it stands for no other scope. */
  readonly access: Access;
  readonly description?: string;
  /** Path parameters; one that does not fit answers 404. */
  readonly params?: Params;
  /** Query parameters, a strict object; anything else in the query answers 422. */
  readonly query?: Query;
  /** The JSON body, strict in every object. */
  readonly body?: Body;
  /** A request without a body is then one with an empty object. */
  readonly mayLackBody?: true;
  /** Request headers that the handler reads, with what they mean; `true` = required. */
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>;
  readonly responses: Responses;
  /** The codes of the problems that the handler may answer; those of the request layer are added. */
  readonly problems: readonly string[];
};

/** Where a route's access is kept, in its OpenAPI operation, until the document is made. */
export const accessKey = 'x-access';
/** Where a route's problem codes wait, in its OpenAPI operation, until the document is made. */
export const problemCodesKey = 'x-problem-codes';

/** Documented for every route: query checking, and what the layer itself may answer. */
const layerCodes = ['validation-failed', 'rate-limited', 'unavailable', 'internal'];
const paramCodes = ['not-found'];
const bodyCodes = [
  'malformed-json',
  'body-incomplete',
  'unsupported-media-type',
  'payload-too-large',
  'duplicate-key',
  'body-too-deep',
  'too-many-values',
];

/**
 * Describes one operation: what `app.openapi` routes, validates and documents. Unknown query parameters and, with strict
 * schemas, unknown body fields are refused; bodies are bounded and checked before the schema sees them.
 *
 * @throws Error for a schema of the query or body that would ignore unknown fields
 */
export function defineRoute<
  const Params extends z.ZodObject | undefined = undefined,
  const Query extends z.ZodObject | undefined = undefined,
  const Body extends z.ZodType | undefined = undefined,
  const Responses extends Readonly<Record<number, SuccessResponse>> = Readonly<Record<number, SuccessResponse>>,
>(definition: RouteDefinition<Params, Query, Body, Responses>) {
  const { method, path, operationId, tags, summary, description, params, query, body, headers, problems } = definition;
  const { mayLackBody = false } = definition;
  const name = `${method} ${path}`;
  const querySchema = query ?? z.strictObject({});
  requireStrict(querySchema, name);
  if (body !== undefined) requireStrict(body, name);
  const codes = [
    ...layerCodes,
    ...(params === undefined ? [] : paramCodes),
    ...(body === undefined ? [] : bodyCodes),
    ...problems,
  ];
  const route = {
    method,
    path,
    operationId,
    tags: [...tags],
    summary,
    ...(description !== undefined && { description }),
    ...(headers !== undefined && { parameters: headerParameters(headers) }),
    request: {
      query: querySchema,
      ...(params !== undefined && { params }),
      ...(body !== undefined && {
        body: { required: !mayLackBody, content: { 'application/json': { schema: body } } },
      }),
    },
    responses: responsesOf(definition.responses),
    ...(body !== undefined && { middleware: [mayLackBody ? readJsonBodyIfAny : readJsonBody] }),
    [accessKey]: definition.access,
    [problemCodesKey]: [...new Set(codes)],
  };
  return createRoute(route as unknown as RouteConfigOf<Params, Query, Body, Responses>);
}

/** The types that `app.openapi` infers the handler from. */
type RouteConfigOf<Params, Query, Body, Responses> = Omit<RouteConfig, 'request' | 'responses' | 'middleware'> & {
  method: RouteMethod;
  path: string;
  middleware: MiddlewareHandler<ApiEnv>[];
  request: {
    [Part in 'params' as Params extends z.ZodObject ? Part : never]: Params;
  } & {
    [Part in 'query' as Query extends z.ZodObject ? Part : never]: Query;
  } & {
    [Part in 'body' as Body extends z.ZodType ? Part : never]: {
      required: true;
      content: { 'application/json': { schema: Body } };
    };
  };
  responses: {
    [Status in keyof Responses]: Responses[Status] extends { schema: infer Schema extends z.ZodType }
      ? { description: string; content: { 'application/json': { schema: Schema } } }
      : { description: string };
  };
};

function headerParameters(headers: NonNullable<RouteDefinition<never, never, never, never>['headers']>) {
  return Object.entries(headers).map(([name, { description, required }]) => ({
    in: 'header' as const,
    name,
    description,
    required,
    schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
  }));
}

function responsesOf(responses: Readonly<Record<number, SuccessResponse>>) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, headers, eventStream }]) => [
      status,
      {
        description,
        ...(schema !== undefined && {
          content: {
            'application/json': { schema },
            ...(eventStream !== undefined && { 'text/event-stream': { schema: z.string().describe(eventStream) } }),
          },
        }),
        ...(headers !== undefined && { headers: headerObjects(headers) }),
      },
    ]),
  );
}

function headerObjects(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]),
  );
}

/** Walks the schema at start, so that a forgotten `strictObject` stops the process and not a customer. */
function requireStrict(schema: unknown, route: string): void {
  const { def } = schema as { readonly def: SchemaDef };
  if (def.type === 'object' && def.catchall?.def.type !== 'never') {
    throw new Error(`${route}: a request schema must be strict in every object`);
  }
  const inner = [...Object.values(def.shape ?? {}), ...(def.options ?? []), def.element, def.innerType, def.in];
  for (const part of inner) if (part !== undefined) requireStrict(part, route);
}

/** The parts of zod's definitions that lead to other schemas. */
type SchemaDef = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly catchall?: { readonly def: { readonly type: string } };
  readonly options?: readonly unknown[];
  readonly element?: unknown;
  readonly innerType?: unknown;
  readonly in?: unknown;
};
