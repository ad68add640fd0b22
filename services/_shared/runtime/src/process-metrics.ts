import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import type { Metrics } from './metrics.ts';

const delayResolutionMs = 20;
const nanosecondsPerSecond = 1e9;

/** What a process costs: memory, processor time, and how late its event loop is. Read at each scrape, free in between. */
export function observeProcess(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number) => metrics.gauge({ name, help, read });

  gauge('process_resident_memory_bytes', 'Memory that the process holds.', () => process.memoryUsage.rss());
  gauge('process_heap_used_bytes', 'JavaScript objects, dead ones included.', () => process.memoryUsage().heapUsed);
  gauge('process_uptime_seconds', 'Time since the process began.', () => process.uptime());
  gauge('process_cpu_seconds', 'Processor time used so far.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_event_loop_delay_p99_seconds', 'How late the event loop was since the last scrape.', () => {
    const seconds = delay.percentile(99) / nanosecondsPerSecond;
    delay.reset();
    return Number.isFinite(seconds) ? seconds : 0;
  });
}
