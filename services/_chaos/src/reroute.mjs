// Loaded into a service's process before its own code. A connection to an address that REROUTED names goes by way of another
// one: a JSON list of pairs, both `host:port`. For servers such as Kafka, which tell their clients where they live.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const net = createRequire(import.meta.url)('node:net');
const ways = new Map(JSON.parse(process.env['REROUTED'] ?? '[]'));

net.connect = new Proxy(net.connect, {
  apply(connect, self, [first, ...others]) {
    const way = typeof first === 'object' && ways.get(`${first.host}:${first.port}`);
    if (!way) return Reflect.apply(connect, self, [first, ...others]);
    const { hostname: host, port } = new URL(`tcp://${way}`);
    return Reflect.apply(connect, self, [{ ...first, host, port: Number(port) }, ...others]);
  },
});
syncBuiltinESMExports();
