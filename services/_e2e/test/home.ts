import type { ServiceName } from '@checkout/contracts';
import type { EventLog, ReadModelTable } from '@checkout/event-log';
import type { Addresses } from './addresses.ts';

/** Where a platform keeps its data, and how it is started there. */
export type Home = {
  /** A script and its arguments, and what its environment holds. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly addresses: Addresses;
  /** What the sandbox signs its webhooks with. To be asked when the platform runs. */
  readonly webhookSecrets: () => { readonly psp: string; readonly carrier: string };
  /** Opens the log of a service as that service would, which must not run meanwhile. */
  readonly openLog: (service: ServiceName, table: ReadModelTable) => Promise<EventLog>;
  /** Runs a statement of its database, with `?` for the values. */
  readonly execute: (service: ServiceName, statement: string, values: readonly string[]) => Promise<void>;
  /** Takes away what was prepared, when nothing runs any more. */
  readonly remove: () => Promise<void>;
};
