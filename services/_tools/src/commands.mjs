/**
 * What the launcher can start. Arguments given on the command line follow those of the table.
 *
 * @typedef {{ readonly summary: string, readonly entry: string, readonly args: readonly string[] }} Command
 * @type {Readonly<Record<string, Command>>}
 */
export const commands = {
  start: { summary: 'run the whole platform in one process', entry: 'services/_local/src/main.ts', args: [] },
  demo: {
    summary: 'place many orders of every kind and check the money afterwards',
    entry: 'services/_local/src/demo.ts',
    args: [],
  },
  bench: { summary: 'measure the platform on this machine', entry: 'services/_bench/src/main.ts', args: [] },
  chaos: {
    summary: 'break processes and servers under load, and check the money',
    entry: 'services/_chaos/src/main.ts',
    args: [],
  },
  migrate: {
    summary: 'bring the MySQL databases to what this build needs',
    entry: 'services/_processes/src/migrate.ts',
    args: [],
  },
  restore: {
    summary: 'make MySQL databases that were restored from a backup, and the bus, fit for use',
    entry: 'services/_processes/src/restore.ts',
    args: [],
  },
  services: {
    summary: 'run every service as its own process, on MySQL and Kafka or RabbitMQ',
    entry: 'services/_processes/src/main.ts',
    args: [],
  },
  doctor: {
    summary: 'say what is wrong with this machine or the servers, and how to mend it',
    entry: 'services/_doctor/src/main.ts',
    args: [],
  },
  contracts: {
    summary: 'compare the messages with those that were published',
    entry: 'services/_tools/src/contracts.ts',
    args: [],
  },
  charts: {
    summary: 'check the Helm charts, and write what of them is made from sources',
    entry: 'services/_charts/src/main.ts',
    args: [],
  },
  simulate: {
    summary: 'run the platform under seeded storms and check the money',
    entry: 'services/_simulation/src/main.ts',
    args: [],
  },
  test: { summary: 'run every test that this machine can run', entry: 'services/_tools/src/test.ts', args: [] },
};
