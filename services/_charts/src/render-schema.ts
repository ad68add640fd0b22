import { type Chart, common } from './charts.ts';
import type { Group, JsonSchema, Value } from './value.ts';

/**
 * values.schema.json of a chart. Unknown keys are refused, because a misspelt setting is one that silently does nothing. What
 * depends on another setting is refused by the templates: a schema cannot say what to do about it.
 */
export function renderSchema(chart: Chart): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Values of the chart ${chart.name}`,
    ...closed({
      global: schemaOf(common.global),
      ...chart.alsoAllowed,
      ...schemasOf(chart.fields),
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const closed = (properties: Readonly<Record<string, unknown>>): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

const schemasOf = (fields: Group['fields']) =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, schemaOf(value)]));

function schemaOf(value: Value): JsonSchema {
  return value.kind === 'setting'
    ? { description: value.doc, ...value.schema }
    : { description: value.doc, ...closed(schemasOf(value.fields)) };
}
