import { afterEach, beforeEach, describe } from 'vitest';
import type { Bus } from '../bus.port.ts';
import { describeConsumption } from './contract/consumption.contract.ts';
import { type BusWorld, createBusContext } from './contract/context.ts';
import { describeFailures } from './contract/failures.contract.ts';
import { describeHandover } from './contract/handover.contract.ts';
import { describeInstances } from './contract/instances.contract.ts';
import { describePartitions } from './contract/partitions.contract.ts';

export type { BusWorld, Published } from './contract/context.ts';

/**
 * The contract of a bus, one suite for every adapter. It sees only what the port shows: what is published, what is handed
 * over, and what another instance is handed over afterwards.
 */
export function describeBus(name: string, createWorld: () => Promise<BusWorld>): void {
  describe(`bus: ${name}`, () => {
    let world: BusWorld;
    let opened: Bus[] = [];
    beforeEach(async () => {
      opened = [];
      world = await createWorld();
    });
    afterEach(async () => {
      await Promise.all(opened.map((bus) => bus.stop()));
      await world.close();
    });

    const context = createBusContext(
      () => world,
      (bus) => void opened.push(bus),
    );
    describeHandover(context);
    describeFailures(context);
    describePartitions(context);
    describeInstances(context);
    describeConsumption(context);
  });
}
