import type { ServiceModule } from '../service-module.ts';

/** The AsyncAPI 3.1 document of everything that the services send and receive; one that has no messages adds nothing. */
export function createMessagingDocument({
  title,
  version,
  services,
}: {
  readonly title: string;
  readonly version: string;
  readonly services: readonly ServiceModule[];
}): object {
  const parts = services.flatMap(({ messaging }) => (messaging === undefined ? [] : [messaging()]));
  return {
    asyncapi: '3.1.0',
    info: {
      title,
      version,
      description: 'The messages of the services whose HTTP API is described by `/openapi.json`.',
    },
    defaultContentType: 'application/json',
    channels: Object.assign({}, ...parts.map(({ channels }) => channels)) as object,
    operations: Object.assign({}, ...parts.map(({ operations }) => operations)) as object,
    components: { messages: Object.assign({}, ...parts.map(({ components }) => components.messages)) as object },
  };
}
