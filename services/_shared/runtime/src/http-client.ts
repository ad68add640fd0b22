export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export type HttpRequest = {
  readonly method: HttpMethod;
  /** Absolute http or https URL, from configuration and never from a user. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds from the call of `send` to the last byte of the response, waiting for a connection included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

export type HttpResponse = {
  readonly kind: 'response';
  readonly status: number;
  /** Names in lower case; a repeated header is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Why a request ended without a response. */
export type HttpFailure = 'timeout' | 'aborted' | 'connect-failed' | 'reset' | 'response-too-large' | 'closed';

export type HttpResult =
  | HttpResponse
  /** Provably not one byte reached the other side. Nothing can have happened there. */
  | { readonly kind: 'not-sent'; readonly reason: HttpFailure }
  /** At least one byte may have reached the other side. Whether it acted is unknown. */
  | { readonly kind: 'no-answer'; readonly reason: HttpFailure };

/**
 * Sends HTTP requests. A failure is an outcome and never an exception; redirects are not followed and nothing is sent
 * twice on its own, because only the caller knows what may be repeated.
 */
export type HttpClient = {
  send(request: HttpRequest): Promise<HttpResult>;
  /** Ends idle connections, and running requests as `no-answer`. A later `send` gives `not-sent`. Idempotent. */
  close(): Promise<void>;
};
