import process from 'node:process';
import { runMigration } from '@checkout/hosting';

await runMigration({ service: 'antifraud', migrations: new URL('../drizzle/', import.meta.url) }, process);
