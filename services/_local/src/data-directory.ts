import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@checkout/contracts';
import { DirectoryLockError, lockDirectory, wasLocked } from '@checkout/runtime';

export type DataDirectory = {
  readonly secrets: WebhookSecrets;
  /** Lets another process have the directory. */
  release(): void;
};

/** What the sandbox signs its webhooks with, by provider. Made once, then kept. */
export type WebhookSecrets = { readonly psp: string; readonly carrier: string };

/**
 * Makes this process the only one on the data directory, and the directory what the platform needs.
 *
 * @param reset removes what earlier runs left there, and nothing that is not the platform's
 * @throws DirectoryLockError when another process holds it, it cannot be written, or the reset would touch a foreign one
 */
export function openDataDirectory(dataDir: string, { reset }: { readonly reset: boolean }): DataDirectory {
  const owned = programs.filter((name) => wasLocked(dataDir, name));
  if (reset && owned.length === 0 && isInUse(dataDir)) {
    throw new DirectoryLockError(
      'unusable',
      `${dataDir} was not made by this platform: --reset removes nothing there.`,
    );
  }
  const lock = lockDirectory(dataDir, programs);
  if (reset) removeFiles(dataDir, owned);
  return { secrets: readSecrets(dataDir) ?? makeSecrets(dataDir), release: () => lock.release() };
}

/** Each has a database `<name>.db`, and a lock file which says that the files of its name are ours. */
const programs: readonly string[] = [...services, 'sandbox'];
/** SQLite's companions of a database file. */
const databaseSuffixes = ['', '-wal', '-shm', '-journal'] as const;
const secretsFile = 'webhook-secrets.json';
const secretBytes = 32;
const minSecretCharacters = 32;

function isInUse(dataDir: string): boolean {
  return existsSync(dataDir) && readdirSync(dataDir).length > 0;
}

/** The lock files stay: this process holds them. */
function removeFiles(dataDir: string, owned: readonly string[]): void {
  if (owned.length === 0) return;
  const databases = owned.flatMap((name) => databaseSuffixes.map((suffix) => `${name}.db${suffix}`));
  for (const file of [...databases, secretsFile]) rmSync(join(dataDir, file), { force: true });
}

/** Unreadable ones are as good as none: both ends of a webhook take them from here, and each try is signed anew. */
function readSecrets(dataDir: string): WebhookSecrets | undefined {
  try {
    const { psp, carrier } = JSON.parse(readFileSync(join(dataDir, secretsFile), 'utf8')) as Record<string, unknown>;
    return isSecret(psp) && isSecret(carrier) ? { psp, carrier } : undefined;
  } catch {
    return undefined;
  }
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length >= minSecretCharacters;
}

function makeSecrets(dataDir: string): WebhookSecrets {
  const secret = () => randomBytes(secretBytes).toString('base64url');
  const secrets: WebhookSecrets = { psp: secret(), carrier: secret() };
  const file = join(dataDir, secretsFile);
  // Written aside and renamed, so that a crash leaves the whole file or none. Readable by its owner alone.
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' });
  renameSync(`${file}.new`, file);
  return secrets;
}
