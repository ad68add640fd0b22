/** Something a provider is asked to do. Plain data, so that one that lands late can wait on disk. */
export type Operation = PspOperation | CarrierOperation | BureauOperation;

export type Provider = Operation['provider'];

type Charged = { readonly reference: string; readonly amount: number; readonly currency: string };

export type PspOperation = { readonly provider: 'psp' } & (
  | ({ readonly kind: 'authorize'; readonly token: string } & Charged)
  | ({ readonly kind: 'capture' } & Charged)
  | { readonly kind: 'void'; readonly reference: string }
  | ({ readonly kind: 'refund' } & Charged)
);

/** Of a recipient's address only the postal code has a meaning here, so nothing else is kept. */
export type CarrierOperation = { readonly provider: 'carrier'; readonly reference: string } & (
  | { readonly kind: 'book'; readonly postalCode: string; readonly contentsHash: string }
  | { readonly kind: 'dispatch' }
  | { readonly kind: 'cancel' }
);

export type BureauOperation = {
  readonly provider: 'bureau';
  readonly kind: 'score';
  readonly userId: string;
} & Charged;
