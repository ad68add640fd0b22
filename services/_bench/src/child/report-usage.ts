import process from 'node:process';
import type { Usage } from './server-process.ts';

/**
 * Loaded with `--import` into a server under test, in front of its own entry, so that what is measured is the program that
 * users start. Tells the bench what the process has used, and ends with it.
 */
process.on('message', (question) => {
  if (question !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() };
  process.send?.(usage);
});
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
