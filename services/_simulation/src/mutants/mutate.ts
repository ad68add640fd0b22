import { registerHooks } from 'node:module';
import process from 'node:process';
import { findMutant } from './registry.ts';

/**
 * Loaded before everything else in a worker: the source of production modules is changed while they are loaded. Production
 * has no switch for this, so none can be left on.
 */
const mutant = findMutant(process.env['SIMULATION_MUTANT'] ?? '');
const servicesUrl = new URL('../../../', import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith(servicesUrl)) return loaded;
    const file = url.slice(servicesUrl.length);
    const changes = mutant.changes.filter((change) => change.file === file);
    if (changes.length === 0) return loaded;
    const text =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    return { ...loaded, source: changes.reduce((source, { replace, by }) => changed(source, file, replace, by), text) };
  },
});

function changed(source: string, file: string, replace: string, by: string): string {
  const parts = source.split(replace);
  if (parts.length === 2) return parts.join(by);
  throw new Error(`the mutant ${mutant.name} wants to change one place of ${file}, and finds ${parts.length - 1}`);
}
