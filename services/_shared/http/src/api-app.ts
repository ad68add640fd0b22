import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Caller } from './caller.ts';
import type { ErrorCodes } from './error-codes.ts';

/** What the request layer knows about a request; read it with `requestOf`. */
export type RequestState = {
  /** Of the header `X-Request-Id` when that is sane, else fresh; on every log line and problem of the request. */
  readonly id: string;
  /** The caller's W3C trace context, or one of our own; recorded with what the request leads to. */
  readonly traceparent: string;
  /** On `Clock.monotonic`, in milliseconds: no work for this request starts after it. */
  readonly deadlineMs: number;
  /** Aborted at the deadline and when the client goes away. Made at the first call: few requests need it. */
  readonly signal: () => AbortSignal;
  readonly errorCodes: ErrorCodes;
  readonly caller: Caller;
};

export type ApiEnv = {
  /** Node's own request and response; absent when the app is called in memory. */
  Bindings: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse };
  Variables: { request: RequestState };
};

/** The app that services add their routes to: `app.openapi(defineRoute({...}), handler)`. */
export type ApiApp = OpenAPIHono<ApiEnv>;

export type ApiContext = Context<ApiEnv>;

export function requestOf(c: ApiContext): RequestState {
  return c.get('request');
}
