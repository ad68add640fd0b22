import type { ApiApp } from '../api-app.ts';
import { problemCodesKey } from '../define-route.ts';
import type { ErrorCodes } from '../error-codes.ts';
import { problemContentType, ProblemSchema } from '../problem.ts';

type Operation = { responses?: Record<string, unknown>; [problemCodesKey]?: readonly string[] };

/**
 * The OpenAPI 3.1 document of every route that the app has, problems included. Generated from what routes and validates,
 * so it cannot say anything else.
 *
 * @throws Error when a route names a code that no catalogue explains
 */
export function createDocument(
  app: ApiApp,
  { title, version, errorCodes }: { readonly title: string; readonly version: string; readonly errorCodes: ErrorCodes },
): object {
  app.openAPIRegistry.register('Problem', ProblemSchema);
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title, version } });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values(item as Readonly<Record<string, Operation>>)) {
      addProblems(path, operation, errorCodes);
    }
  }
  return document;
}

function addProblems(path: string, operation: Operation, errorCodes: ErrorCodes): void {
  const codes = operation[problemCodesKey] ?? [];
  delete operation[problemCodesKey];
  const byStatus = Object.groupBy(codes, (code) => {
    const entry = errorCodes[code];
    if (entry === undefined) throw new Error(`${path} names the error code ${code}, which no catalogue explains`);
    return entry.status;
  });
  const problems = Object.entries(byStatus).map(([status, members]) => [
    status,
    {
      description: members?.map((code) => `\`${code}\`: ${errorCodes[code]?.title}.`).join('\n\n'),
      content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  operation.responses = { ...operation.responses, ...Object.fromEntries(problems) };
}
