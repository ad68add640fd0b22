export type { Answer, TestApp } from './test-app.ts';
export { createTestApp, send, stubService } from './test-app.ts';
