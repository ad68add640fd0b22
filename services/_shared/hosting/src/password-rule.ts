import type { VariableRule } from '@checkout/runtime';

/** A password stands in the server's URL or beside it, not in both; and who is named beside it has one. */
export function passwordRule(server: 'MYSQL' | 'REDIS'): VariableRule {
  return (given) => {
    const url = URL.parse(given[`${server}_URL`] ?? '');
    if (url === null) return undefined;
    const password = given[`${server}_PASSWORD`];
    if (password !== undefined && url.password !== '') return `nothing, because ${server}_URL has a password`;
    const isOpen = password === undefined && url.password === '';
    return isOpen && given[`${server}_USERNAME`] !== undefined ? `the password of ${server}_USERNAME` : undefined;
  };
}
