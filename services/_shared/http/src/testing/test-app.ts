import { createSeededIds, createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { createMetrics } from '@checkout/runtime';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { type App, type AppOptions, createApp } from '../create-app.ts';
import type { ServiceModule } from '../service-module.ts';

export type TestApp = App & {
  readonly clock: VirtualClock;
  readonly logger: ReturnType<typeof createRecordingLogger>;
};

/** The production app around the given services, with virtual time, seeded ids and a logger that keeps its lines. */
export function createTestApp(
  services: readonly ServiceModule[],
  clock = createVirtualClock(),
  options: Partial<AppOptions> = {},
): TestApp {
  const logger = createRecordingLogger();
  const app = createApp({
    services,
    logger,
    clock,
    ids: createSeededIds(),
    title: 'Test',
    version: '0.0.0',
    ...options,
  });
  return { ...app, clock, logger };
}

/** A service that does nothing but what the test says. */
export function stubService(parts: Partial<ServiceModule> = {}): ServiceModule {
  return {
    name: 'stub',
    errorCodes: {},
    routes: () => {},
    readiness: async () => ({ ready: true, checks: [] }),
    metrics: createMetrics('stub'),
    ...parts,
  };
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body, or its text when it is not JSON. */
  readonly body: unknown;
};

/** Sends one request; a `body` that is not a string or bytes goes out as JSON. */
export async function send(
  app: Pick<App, 'request'>,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const { body, headers = {} } = options;
  const response = await app.request(path, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isRaw(body) ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: parse(await response.text()) };
}

function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
