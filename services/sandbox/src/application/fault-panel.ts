import { changeFaults, defaultFaults, type FaultChange, type FaultSettings } from '../domain/fault-settings.ts';
import type { Ledger } from './ports/ledger.port.ts';

/** The fault settings: read at every request, so kept in memory; durable, so that a restart goes on as it was. */
export type FaultPanel = {
  settings(): FaultSettings;
  change(change: FaultChange): Promise<FaultSettings>;
  reset(): Promise<FaultSettings>;
  /** Reads what an earlier run left. */
  load(): Promise<void>;
};

export function createFaultPanel(ledger: Ledger): FaultPanel {
  let current = defaultFaults;

  const turnTo = async (next: (stored: FaultSettings) => FaultSettings): Promise<FaultSettings> => {
    current = await ledger.transact(({ settings }) => {
      const changed = next(settings.load() ?? defaultFaults);
      settings.save(changed);
      return changed;
    });
    return current;
  };

  return {
    settings: () => current,
    change: (change) => turnTo((stored) => changeFaults(stored, change)),
    reset: () => turnTo(() => defaultFaults),
    async load() {
      current = (await ledger.transact(({ settings }) => settings.load())) ?? defaultFaults;
    },
  };
}
