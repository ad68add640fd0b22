import { registerHooks } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findMutant } from './registry.ts';

/**
 * Loaded before everything else in a worker: the source of one production module is changed while it is loaded. Production
 * has no switch for this, so none can be left on.
 */
const mutant = findMutant(process.env['SIMULATION_MUTANT'] ?? '');
const servicesUrl = new URL('../../../', import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith(servicesUrl) || url.slice(servicesUrl.length) !== mutant.file) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    const parts = source.split(mutant.replace);
    if (parts.length !== 2) {
      throw new Error(
        `the mutant ${mutant.name} wants to change one place of ${fileURLToPath(url)}, and finds ${parts.length - 1}`,
      );
    }
    return { ...loaded, source: parts.join(mutant.by) };
  },
});
