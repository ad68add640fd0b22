/** A span as a receiver understood it, whatever it was sent by. */
export type ReceivedSpan = {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Absent for the first of a trace. */
  readonly parentId?: string;
  readonly name: string;
  readonly kind: string;
  /** Whose work it is, of several services in one process. */
  readonly service: string;
  /** Unix milliseconds, with a fraction. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly isFailed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
};

export type Receiver = {
  /** Without a path. */
  readonly url: string;
  readonly port: number;
  /** What has come so far. */
  spans(): readonly ReceivedSpan[];
  /** The paths that were asked for. */
  paths(): ReadonlySet<string>;
  readonly close: () => Promise<void>;
};
