import type { ApiApp } from '../api-app.ts';
import { accessKey, problemCodesKey } from '../define-route.ts';
import { commonErrorCodes, type ErrorCodes } from '../error-codes.ts';
import { problemContentType, ProblemSchema } from '../problem.ts';
import { type Access, scopes, scopesOf } from '../scopes.ts';

type Operation = {
  responses?: Record<string, unknown>;
  security?: readonly Readonly<Record<string, readonly string[]>>[];
  [accessKey]?: Access;
  [problemCodesKey]?: readonly string[];
};

type DocumentOptions = {
  readonly title: string;
  readonly version: string;
  readonly errorCodes: ErrorCodes;
  readonly asksCallers: boolean;
};

const schemeName = 'token';
const authCodes = ['unauthenticated', 'forbidden'];

/**
 * The OpenAPI 3.1 document of every route that the app has, problems included. Generated from what routes and validates,
 * so it cannot say anything else.
 */
export function createDocument(app: ApiApp, { title, version, errorCodes, asksCallers }: DocumentOptions): object {
  app.openAPIRegistry.register('Problem', ProblemSchema);
  if (asksCallers) app.openAPIRegistry.registerComponent('securitySchemes', schemeName, securityScheme());
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title, version },
    externalDocs: { url: '/asyncapi.json', description: 'The messages, as an AsyncAPI document' },
  });
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item as Readonly<Record<string, Operation>>)) {
      addAccess(operation, asksCallers);
      addProblems(operation, errorCodes);
    }
  }
  return document;
}

/** @throws Error when a route names a code that no catalogue explains */
export function refuseUnknownCodes(app: ApiApp, errorCodes: ErrorCodes): void {
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { path, [problemCodesKey]: codes = [] } = definition.route as Operation & { readonly path: string };
    const unknown = codes.find((code) => errorCodes[code] === undefined);
    if (unknown !== undefined) throw new Error(`${path} names the error code ${unknown}, which no catalogue explains`);
  }
}

function securityScheme() {
  const lines = Object.entries(scopes).map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`);
  const description = `A JSON Web Token of the issuer that is trusted here. Its scopes:\n\n${lines.join('\n')}`;
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description } as const;
}

/** A document of an app that asks nobody who they are does not say that it did. */
function addAccess(operation: Operation, asksCallers: boolean): void {
  const wanted = scopesOf(operation[accessKey] ?? 'public');
  delete operation[accessKey];
  if (!asksCallers || wanted.length === 0) return;
  operation.security = [{ [schemeName]: wanted }];
  operation[problemCodesKey] = [...(operation[problemCodesKey] ?? []), ...authCodes];
}

function addProblems(operation: Operation, errorCodes: ErrorCodes): void {
  const codes = operation[problemCodesKey] ?? [];
  delete operation[problemCodesKey];
  const byStatus = Object.groupBy(codes, (code) => errorCodes[code]?.status ?? commonErrorCodes.internal.status);
  const problems = Object.entries(byStatus).map(([status, members]) => [
    status,
    {
      description: members?.map((code) => `\`${code}\`: ${errorCodes[code]?.title}.`).join('\n\n'),
      content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  operation.responses = { ...operation.responses, ...Object.fromEntries(problems) };
}
