/** The logs of all services at one size. */
export type LogSize = {
  /** Completed orders in each of them. */
  readonly orders: number;
  readonly rows: number;
  /** The database files of the five services. */
  readonly bytes: number;
  /** How fast they were filled. */
  readonly filledOrdersPerSecond: number;
  readonly filledRowsPerSecond: number;
};
