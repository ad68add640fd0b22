import { type ChannelModel, connect } from 'amqplib';
import { type Check, faulty, type Finding, ok } from '../finding.ts';
import { type Address, connectTimeoutMs, isAtLeast, unreachable } from './server.ts';

export function rabbitmqCheck(address: Address, url: string): Check {
  return {
    about: address.about,
    async run() {
      try {
        return judgeRabbitmq(address, await readVersion(url));
      } catch (error) {
        return [unreachable(address, error)];
      }
    },
  };
}

export function judgeRabbitmq({ about, host }: Address, version: string): readonly Finding[] {
  if (isAtLeast(version, [4, 0])) return [ok(about, `${version} at ${host}`)];
  const says = `${version} at ${host}: its quorum queues may refuse what we ask of them`;
  return [faulty(about, 'warning', says, 'use RabbitMQ 4 or newer: compose.yaml has one')];
}

async function readVersion(url: string): Promise<string> {
  const model: ChannelModel = await connect(url, { timeout: connectTimeoutMs });
  model.on('error', () => {});
  const { version } = model.connection.serverProperties;
  await model.close();
  return version;
}
