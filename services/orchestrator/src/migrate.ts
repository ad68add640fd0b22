import process from 'node:process';
import { runMigration } from '@checkout/hosting';

await runMigration({ service: 'orchestrator', migrations: new URL('../drizzle/', import.meta.url) }, process);
