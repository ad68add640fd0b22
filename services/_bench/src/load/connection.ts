import { Client } from 'undici';

export type Answer = { readonly status: number; readonly body: string };

/** One kept-alive connection; one request at a time. */
export type Connection = {
  /** @param key in `Idempotency-Key`, or none; @throws when there is no answer */
  post(path: string, key: string | undefined, body: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  close(): Promise<void>;
};

/** Below the 5 s after which Node's HTTP servers drop an idle connection. */
const keepAliveMs = 4_000;
const answerMs = 30_000;

export function openConnection(url: string): Connection {
  const client = new Client(url, {
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  });
  return {
    post: (path, key, body) => {
      const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
      return send(client, { method: 'POST', path, headers, body });
    },
    get: (path) => send(client, { method: 'GET', path }),
    close: () => client.destroy(),
  };
}

/** `dispatch` and not `request`: no streams, so that the load takes as little as possible of the machine it shares. */
function send(client: Client, request: Parameters<Client['dispatch']>[0]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const chunks: Buffer[] = [];
    client.dispatch(request, {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData: (_controller, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve({ status, body: Buffer.concat(chunks).toString('utf8') }),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}
