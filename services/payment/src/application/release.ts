import type { OrderId } from '@checkout/kernel';
import type { Held } from '../domain/payment.ts';
import type {
  PaymentGateway,
  PaymentLookup,
  ProviderRecord,
  Unavailable,
  Unknown,
} from './ports/payment-gateway.port.ts';

/** `not-confirmed`: the provider has not said that nothing is held; ask again later. */
export type ReleaseResult =
  | { readonly kind: 'confirmed'; readonly voided: number; readonly refunded: number }
  /** `tried`: something reached the provider, or may have. */
  | { readonly kind: 'not-confirmed'; readonly reason: string; readonly tried: boolean };

/**
 * Makes it so that the provider holds no live authorisation and nothing captured, and says so only on the provider's word.
 * Idempotent: every call carries its operation's key, so a second run acts on nothing.
 *
 * The void comes first even when nothing is known: it closes the door at the provider, so that what is still under way
 * lands void. Only what was captured before that has to be refunded: all of what we authorised, or nothing, because a capture is
 * for all of it. While the provider has other figures than we nothing is refunded and nothing believed.
 */
export async function release(
  gateway: PaymentGateway,
  lookup: PaymentLookup,
  orderId: OrderId,
  held: Held,
): Promise<ReleaseResult> {
  const voided = held.captured === 0 ? await gateway.void({ orderId }) : undefined;
  if (voided?.kind === 'unavailable' || voided?.kind === 'unknown') return foundVoided(lookup, orderId, held, voided);
  const before = await lookup.find(orderId);
  if (before.kind === 'unavailable' || before.kind === 'unknown') {
    return notConfirmed(`lookup: ${before.reason}`, before.kind === 'unknown');
  }
  if (before.kind === 'absent') return held.authorized === 0 ? nothingHeld : unheardOf;
  if (isReleased(before, held)) return confirmed(before);

  const amount = before.captured - before.refunded;
  if (amount <= 0) return notConfirmed('the provider still holds an authorisation');
  // A refund has one key: for another amount than what was taken it would leave a rest that nobody can ask for any more.
  if (amount !== held.authorized || before.currency !== held.currency) return notConfirmed(notOurs);
  const refunded = await gateway.refund({ orderId, amount, currency: before.currency });
  if (refunded.kind === 'unavailable' || refunded.kind === 'unknown') {
    return notConfirmed(`refund: ${refunded.reason}`, refunded.kind === 'unknown');
  }
  if (refunded.kind === 'rejected') return notConfirmed(`refund rejected: ${refunded.detail}`);
  return verifyReleased(lookup, orderId, held);
}

/** The void's answer is missing; the provider's books may show it all the same. An absent payment proves no tombstone. */
async function foundVoided(
  lookup: PaymentLookup,
  orderId: OrderId,
  held: Held,
  voided: Unavailable | Unknown,
): Promise<ReleaseResult> {
  const found = await lookup.find(orderId);
  const isVoided = found.kind === 'found' && found.authorization === 'voided' && isReleased(found, held);
  return isVoided ? confirmed(found) : notConfirmed(`void: ${voided.reason}`, voided.kind === 'unknown');
}

/** Only asks. That the provider has nothing proves nothing of a charge that we sent it: it may still be under way. */
export async function verifyReleased(lookup: PaymentLookup, orderId: OrderId, held: Held): Promise<ReleaseResult> {
  const found = await lookup.find(orderId);
  switch (found.kind) {
    case 'found':
      if (isReleased(found, held)) return confirmed(found);
      return notConfirmed(isEmpty(found) ? notOurs : 'the provider still holds money');
    case 'absent':
      return held.currency === null ? nothingHeld : unheardOf;
    case 'unavailable':
    case 'unknown':
      return notConfirmed(`lookup: ${found.reason}`, found.kind === 'unknown');
  }
}

/** Nothing is left, of as much as there was: wrong figures that cancel each other out prove nothing. */
function isReleased(found: ProviderRecord, held: Held): boolean {
  return isEmpty(found) && (held.authorized === 0 || found.authorized === held.authorized);
}

function isEmpty({ authorized, captured, refunded, voided }: ProviderRecord): boolean {
  return authorized - captured - voided === 0 && captured - refunded === 0;
}

const notOurs = 'the provider has other figures than we';
const nothingHeld: ReleaseResult = { kind: 'confirmed', voided: 0, refunded: 0 };
const unheardOf = notConfirmed('the provider does not know of the payment');

function confirmed({ voided, refunded }: ProviderRecord): ReleaseResult {
  return { kind: 'confirmed', voided, refunded };
}

function notConfirmed(reason: string, tried = true): ReleaseResult {
  return { kind: 'not-confirmed', reason, tried };
}
