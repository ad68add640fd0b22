import type { ReadModelTable } from '../../storage.port.ts';

/** What the first migration of a service's read model is like. */
export function readModelDdl({ name, columns }: ReadModelTable): string {
  const own = Object.entries(columns);
  const lines = [
    'id BINARY(16) NOT NULL PRIMARY KEY',
    'version INT NOT NULL',
    'created_at BIGINT NOT NULL',
    'updated_at BIGINT NOT NULL',
    'view LONGTEXT NOT NULL',
    'due_at BIGINT',
    'timer_kind VARCHAR(64)',
    'timer_version INT',
    ...own.map(([column, type]) => `${column} ${type === 'text' ? 'VARCHAR(255)' : 'BIGINT'}`),
    `INDEX ${name}_due (due_at, id)`,
    ...own.map(([column]) => `INDEX ${name}_${column} (${column}, id)`),
  ];
  return `CREATE TABLE ${name} (\n  ${lines.join(',\n  ')}\n) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;\n`;
}
