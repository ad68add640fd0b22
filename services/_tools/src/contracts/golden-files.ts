import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeMessage, type MessageDescription, messages, type MessageType } from '@checkout/contracts';

/** One file per message type, named after it: what was published, and has to stay readable. */
export const goldenDirectory = fileURLToPath(new URL('../../../_shared/contracts/golden/', import.meta.url));

export function readGoldens(directory: string): readonly MessageDescription[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(`${directory}/${name}`, 'utf8')) as MessageDescription);
}

export function writeGolden(directory: string, description: MessageDescription): void {
  writeFileSync(`${directory}/${description.type}.json`, `${JSON.stringify(description, null, 2)}\n`);
}

/** Of this build. */
export function currentDescriptions(): readonly MessageDescription[] {
  return (Object.keys(messages) as MessageType[]).map(describeMessage);
}
