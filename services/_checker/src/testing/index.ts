export { type Ending, endings, goodRun, orderAtEnd } from './evidence.builder.ts';
