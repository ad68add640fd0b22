import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { signWebhook } from '@checkout/runtime';
import type { Answer } from './answer.ts';
import { changedJson } from './change-json.ts';
import type { WrittenRequest, WrittenToken } from './notation.ts';

/** What the cases are asked of, and what they may name. */
export type World = {
  /** Of a path, which nothing is done to. */
  readonly addressOf: (path: string) => string;
  readonly agent: Agent;
  readonly webhookSecrets: Readonly<Record<'psp' | 'carrier' | 'other', string>>;
  readonly tokenOf: (written: WrittenToken) => string;
  /** The text behind `${name}`. */
  readonly valueOf: (name: string) => string;
};

export type Sendable = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
  readonly chunked: boolean;
};

/** The request that a case stands for, on the base of its class. */
export function sendableOf(base: WrittenRequest, written: WrittenRequest, world: World): Sendable {
  const whole = { ...base, ...written, headers: { ...base.headers, ...written.headers } };
  const token = whole.token === undefined ? undefined : world.tokenOf(whole.token);
  const named = (text: string) =>
    text.replaceAll(/\$\{([a-z][a-z0-9.-]*)\}/g, (_, name: string) =>
      name === 'token' && token !== undefined ? token : world.valueOf(name),
    );
  const body = bodyOf(whole, named);
  const own = Object.entries(whole.headers).flatMap(([name, value]) =>
    value === null ? [] : [[name, typeof value === 'string' ? named(value) : value.map(named)] as const],
  );
  const signed = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(whole.webhook !== undefined && signature(whole.webhook, body ?? Buffer.alloc(0), world)),
  };
  const given = new Set(Object.keys(whole.headers).map((name) => name.toLowerCase()));
  const headers = {
    ...Object.fromEntries(Object.entries(signed).filter(([name]) => !given.has(name))),
    ...Object.fromEntries(own),
  };
  const { method = 'GET', path = '/', chunked = false } = whole;
  return { method, path: named(path), headers, body, chunked };
}

function bodyOf(written: WrittenRequest, named: (text: string) => string): Buffer | undefined {
  const { body, text, hex, gzippedZeros, padTo = 0 } = written;
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  if (gzippedZeros !== undefined) return gzipSync(Buffer.alloc(gzippedZeros));
  if (text !== undefined) return Buffer.from(named(text));
  if (body === undefined && written.set === undefined) return undefined;
  const json = Buffer.from(named(changedJson(body ?? {}, written)));
  return Buffer.concat([json, Buffer.alloc(Math.max(0, padTo - json.length), ' ')]);
}

function signature(
  webhook: NonNullable<WrittenRequest['webhook']>,
  body: Buffer,
  { webhookSecrets }: World,
): Readonly<Record<string, string>> {
  const { secret, id, ageSeconds, signed = {} } = webhook;
  const timestampOf = (age: number) => String(Math.floor(Date.now() / 1000) - age);
  const timestamp = timestampOf(ageSeconds);
  const covered = {
    id: signed.id ?? id,
    timestamp: signed.ageSeconds === undefined ? timestamp : timestampOf(signed.ageSeconds),
    body: signed.text ?? body.toString('utf8'),
  };
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signWebhook(webhookSecrets[secret], covered),
  };
}

/** Nothing in the platform may take longer than this to answer, or at least to begin an answer. */
export const maxAnswerMs = 2_000;
const hangMs = 10_000;

/** @throws Error when nothing comes back */
export async function ask(
  sendable: Sendable,
  { addressOf, agent }: Pick<World, 'addressOf' | 'agent'>,
  { leavesStream }: { readonly leavesStream: boolean },
): Promise<Answer> {
  const { method, path, headers, body, chunked } = sendable;
  const address = addressOf(path);
  const [origin = ''] = /^http:\/\/[^/?#]+/.exec(address) ?? [];
  const { hostname, port } = new URL(origin);
  const startedAt = performance.now();
  const length = body === undefined || chunked ? {} : { 'content-length': String(body.length) };
  const sent = httpRequest({
    agent,
    hostname,
    port,
    method,
    path: address.slice(origin.length),
    headers: { ...length, ...(chunked && { 'transfer-encoding': 'chunked' }), ...headers },
    signal: AbortSignal.timeout(hangMs),
  });
  const response = await responseTo(sent, body);
  const text = leavesStream ? '' : await textOf(response);
  if (leavesStream) sent.destroy();
  const received = Object.entries(response.headers).map(([name, value]) => [name, value?.toString()]);
  const { statusCode: status = 0 } = response;
  return { status, headers: Object.fromEntries(received), text, ms: performance.now() - startedAt };
}

/** A server may answer before it has read everything, and close: what comes after the answer is no failure. */
function responseTo(sent: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    if (!response.complete) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
