/** `<version>-<trace id>-<span id>-<flags>`, version 00 (W3C Trace Context, level 1). */
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function isTraceparent(text: string): boolean {
  return traceparentPattern.test(text);
}

/** A trace context of our own for work that came without one; not sampled, because nobody asked for it. */
export function newTraceparent(uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  return `00-${hex}-${hex.slice(16)}-00`;
}

/** The trace id of a trace context, 32 hex digits: what log lines carry. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.slice(3, 35);
}
