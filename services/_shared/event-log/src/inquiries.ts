import type { Clock, OrderId } from '@checkout/kernel';
import type { LogRow } from './rows.ts';
import type { Findings, Inquiry, PlaceInLine } from './storage.port.ts';
import type { CauseKey } from './units.ts';

/** Streams and causes asked for together: past this, everybody would wait for the longest answer. */
const maxPerInquiry = 1_000;

type Waiting = {
  readonly inquiry: Inquiry;
  readonly resolve: (findings: Findings) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Joins the inquiries that come in while one is under way, as a group commit joins appends: a busy log is asked once for the
 * batches of many partitions. A lone inquiry is sent at the end of the turn that brought it.
 */
export function createInquiries(deps: {
  readonly clock: Clock;
  readonly ask: (inquiry: Inquiry) => Promise<Findings>;
}): (inquiry: Inquiry) => Promise<Findings> {
  const { clock, ask } = deps;
  const queue: Waiting[] = [];
  let isAsking = false;

  const take = (): readonly Waiting[] => {
    let size = 0;
    const beyond = queue.findIndex(({ inquiry }) => (size += sizeOf(inquiry)) > maxPerInquiry);
    return queue.splice(0, beyond === -1 ? queue.length : Math.max(1, beyond));
  };

  const answer = async () => {
    for (await clock.nextTurn(); queue.length > 0; await clock.nextTurn()) {
      const waiting = take();
      try {
        const findings = await ask(joined(waiting.map(({ inquiry }) => inquiry)));
        for (const { resolve } of waiting) resolve(findings);
      } catch (error) {
        for (const { reject } of waiting) reject(error as Error);
      }
    }
    isAsking = false;
  };

  return (inquiry) =>
    new Promise((resolve, reject) => {
      queue.push({ inquiry, resolve, reject });
      if (isAsking) return;
      isAsking = true;
      void answer();
    });
}

const sizeOf = ({ streamIds, causes }: Inquiry) => streamIds.length + causes.length;

function joined(inquiries: readonly Inquiry[]): Inquiry {
  const [only] = inquiries;
  if (inquiries.length === 1 && only !== undefined) return only;
  return {
    streamIds: [...new Set(inquiries.flatMap(({ streamIds }) => streamIds))],
    causes: inquiries.flatMap(({ causes }) => causes),
    places: inquiries.flatMap(({ places }) => places),
  };
}

/** Findings of an adapter's answers. */
export function findingsOf(found: {
  readonly rows: ReadonlyMap<OrderId, readonly LogRow[]>;
  readonly acted: readonly CauseKey[];
  readonly held: readonly PlaceInLine[];
}): Findings {
  const acted = new Set(found.acted.map(nameOfCause));
  const held = new Set(found.held.map(nameOfPlace));
  const rows = (streamId: OrderId) => found.rows.get(streamId) ?? [];
  return {
    rows,
    hasActed: (cause) =>
      acted.has(nameOfCause(cause)) || rows(cause.streamId).some(({ causeId }) => causeId === cause.causeId),
    isHeld: (place) => held.has(nameOfPlace(place)),
  };
}

const nameOfCause = ({ streamId, causeId }: CauseKey) => `${streamId} ${causeId}`;
const nameOfPlace = ({ group, orderId }: PlaceInLine) => `${orderId} ${group}`;
