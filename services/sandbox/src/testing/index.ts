export type { Sent, WebhookParts } from './provider.driver.ts';
export { startProvider } from './provider.driver.ts';
