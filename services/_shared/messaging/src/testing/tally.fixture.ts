import type { Message } from '@checkout/contracts';
import type { Loaded, StreamDefinition } from '@checkout/event-log';
import type { MessageHandlers } from '../consumer.ts';
import type { Outcome } from '../work.ts';

/** A stream that keeps what was handled, in order: enough to see what a consumer did. */
export type Tally = { readonly labels: readonly string[] };

export type TallyEvent = { readonly type: 'Tallied'; readonly data: { readonly label: string } };

export const tallyStream: StreamDefinition<Tally, TallyEvent> = {
  table: { name: 'tallies', columns: { count: 'integer' } },
  initialState: { labels: [] },
  evolve: ({ labels }, { data }) => ({ labels: [...labels, data.label] }),
  project: ({ labels }) => ({ view: { labels }, columns: { count: labels.length } }),
};

export const tallied = (label: string): TallyEvent => ({ type: 'Tallied', data: { label } });

export type TallyHandler = (
  loaded: Loaded<Tally>,
  message: Message,
) => Outcome<Tally, TallyEvent> | Promise<Outcome<Tally, TallyEvent>>;

/** Two topics of two producers, which name their messages by a number and by a word. */
export function tallyHandlers(handle: TallyHandler): MessageHandlers<Tally, TallyEvent> {
  return { CapturePayment: handle, OrderCancellationRefused: handle };
}

export function labelOf(message: { readonly data: unknown }): string {
  const { attempt, reason } = message.data as { readonly attempt?: number; readonly reason?: string };
  return reason ?? String(attempt);
}
