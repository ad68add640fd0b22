/** By the numbers of the invariants; I9 is the business of the tests of security, which see requests and logs. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I10';

export type Violation = {
  readonly invariant: Invariant;
  /** Kebab-case and stable, to compare by. */
  readonly code: string;
  /** Null when it is about no order alone. */
  readonly orderId: string | null;
  /** One line for people. */
  readonly detail: string;
};
