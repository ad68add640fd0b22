import process from 'node:process';

/** Loaded with `--import` in front of a service's own entry: a parent that was killed stops nobody, and holds this channel open. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
