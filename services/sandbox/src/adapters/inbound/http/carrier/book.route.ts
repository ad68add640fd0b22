import {
  type ApiApp,
  defineRoute,
  idempotencyKeyHeader,
  idempotencyKeyProblems,
  problem,
  readIdempotencyKey,
} from '@checkout/http';
import { canonicalJson, sha256Hex } from '@checkout/kernel';
import { z } from '@hono/zod-openapi';
import { type AnswerOperation, operationProblems } from '../answer-operation.ts';
import { address, parcelItems, reference, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/carrier/shipments`,
    operationId: 'carrierBook',
    tags: [tag],
    summary: 'Carrier: book a shipment',
    access: 'public',
    description: 'Postal code `00000` is refused, `99999` gets lost after dispatch.',
    headers: idempotencyKeyHeader,
    body: z.strictObject({ reference, recipient: address, items: parcelItems }),
    responses: {
      201: { description: 'Booked.', schema: z.object({ id: z.string(), reference, state: z.literal('BOOKED') }) },
    },
    problems: [...idempotencyKeyProblems, ...operationProblems, 'idempotency-key-reused', 'shipment-rejected'],
  });

export function mountBook(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const body = c.req.valid('json');
    const { postalCode } = body.recipient;
    // A hash tells another body from the same one without keeping anybody's name and address.
    const contentsHash = sha256Hex(canonicalJson(body));
    const operation = {
      provider: 'carrier',
      kind: 'book',
      reference: body.reference,
      postalCode,
      contentsHash,
    } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
