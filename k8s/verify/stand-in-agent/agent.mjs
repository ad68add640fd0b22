// A stand-in for the Datadog agent: takes traces at 8126, says at 5555 how it is, forwards nothing. Its API key says what is wrong
// with it: `works`, `revoked` (it runs, and nothing about it is healthy), `crashes` (it ends soon after each start).
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';

const key = process.env.DD_API_KEY;
const crashAfterMs = 3_000;
const check = '/etc/datadog-agent/conf.d/openmetrics.d/conf.yaml';
let traces = 0;

createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    // It is also asked what it is, and told of other things than traces.
    if (/^\/v[\d.]+\/traces/.test(request.url ?? '')) traces += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"rate_by_service":{}}');
  });
}).listen(8126, '127.0.0.1');

createServer((request, response) => {
  response
    .writeHead(key === 'revoked' && request.url !== '/received' ? 500 : 200)
    .end(`${traces} requests with traces`);
}).listen(5555);

process.stdout.write(
  `stand-in agent: ${key}; the check of /metrics ${existsSync(check) ? 'is there' : 'is missing'}\n`,
);
if (key === 'crashes') setTimeout(() => process.exit(1), crashAfterMs);
process.on('SIGTERM', () => process.exit(0));
