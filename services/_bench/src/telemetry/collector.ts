import { createServer } from 'node:http';
import process from 'node:process';
import { once } from 'node:events';

/**
 * Takes whatever an exporter sends, of OpenTelemetry or of Datadog, and throws it away, as a process of its own: what it costs
 * to take it is not what the platform pays. `GET /taken` says how many bytes there were.
 */
let bytes = 0;
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(request.url === '/taken' ? String(bytes) : '{}');
    return;
  }
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
});
server.listen(Number(process.env['PORT']), process.env['HOST']);
await once(process, 'SIGTERM');
server.close();
server.closeAllConnections();
