const wildcards: readonly string[] = ['0.0.0.0', '::'];

/** Where a process that listens on this address can be reached from this machine. */
export function localUrl(host: string, port: number): string {
  const reachable = wildcards.includes(host) ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
