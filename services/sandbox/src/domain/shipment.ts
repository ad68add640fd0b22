import { type Decision, refused } from './answer.ts';

/** What the carrier's books say about one reference. */
export type Shipment = {
  readonly reference: string;
  readonly id: string;
  readonly state: 'BOOKED' | 'DISPATCHED' | 'DELIVERED' | 'CANCELLED' | 'LOST' | 'REJECTED';
  /** Gets lost after dispatch instead of arriving. */
  readonly getsLost: boolean;
};

export type Booking = { readonly reference: string; readonly postalCode: string };

type Decided = Decision<Shipment>;

const refusedPostalCode = '00000';
const lostPostalCode = '99999';

export function book(shipment: Shipment | undefined, { reference, postalCode }: Booking, id: string): Decided {
  if (shipment?.state === 'CANCELLED') return refused('shipment-rejected', 'the shipment was cancelled');
  if (shipment !== undefined && shipment.state !== 'REJECTED') {
    return refused('shipment-rejected', 'there is a shipment with this reference');
  }
  const getsLost = postalCode === lostPostalCode;
  if (postalCode === refusedPostalCode) {
    return {
      ...refused<Shipment>('shipment-rejected', `nothing is delivered to ${postalCode}`),
      state: { reference, id, state: 'REJECTED', getsLost },
    };
  }
  return {
    state: { reference, id, state: 'BOOKED', getsLost },
    answer: { kind: 'done', status: 201, body: { id, reference, state: 'BOOKED' } },
    notices: [],
  };
}

/** Hands the parcel over. Repeating it changes nothing, also when the parcel has arrived meanwhile. */
export function dispatch(shipment: Shipment | undefined, reference: string): Decided {
  const answer = { kind: 'done', status: 200, body: { reference, state: 'DISPATCHED' } } as const;
  if (hasLeft(shipment)) return { answer, notices: [] };
  if (shipment?.state !== 'BOOKED') {
    return refused('not-dispatchable', `the shipment is ${shipment?.state ?? 'not booked'}`);
  }
  return { state: { ...shipment, state: 'DISPATCHED' }, answer, notices: [{ type: 'shipment.dispatched', reference }] };
}

/** Stops the parcel before it leaves. Also works before the booking has landed, which then is refused. */
export function cancel(shipment: Shipment | undefined, reference: string, id: string): Decided {
  if (hasLeft(shipment)) return refused('already-dispatched', 'the parcel has left');
  return {
    state: { reference, id: shipment?.id ?? id, state: 'CANCELLED', getsLost: false },
    answer: { kind: 'done', status: 200, body: { reference, state: 'CANCELLED' } },
    notices: [],
  };
}

/** The end of a parcel's way. A repeated or late arrival changes nothing. */
export function arrive(shipment: Shipment | undefined): Pick<Decided, 'state' | 'notices'> {
  if (shipment?.state !== 'DISPATCHED') return { notices: [] };
  const { reference, getsLost } = shipment;
  return {
    state: { ...shipment, state: getsLost ? 'LOST' : 'DELIVERED' },
    notices: [{ type: getsLost ? 'shipment.lost' : 'shipment.delivered', reference }],
  };
}

function hasLeft(shipment: Shipment | undefined): boolean {
  return shipment?.state === 'DISPATCHED' || shipment?.state === 'DELIVERED' || shipment?.state === 'LOST';
}
