import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messages, services } from '@checkout/contracts';
import { platformGroups } from '@checkout/messaging';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { charts } from '../src/charts.ts';
import { generatedFiles, repository } from '../src/generated-files.ts';
import { kafkaAccess, kafkaTopics } from '../src/render-contracts.ts';

it.each(generatedFiles())('$path is what its source says: npm run charts -- --write', ({ path, text }) => {
  expect(readFileSync(join(repository, path), 'utf8')).toBe(text);
});

it('writes values that YAML 1.1, which Helm reads, takes for the same', () => {
  for (const { path, text } of generatedFiles().filter(({ path: file }) => file.endsWith('values.yaml'))) {
    expect(parse(text, { version: '1.1' }), path).toEqual(parse(text));
  }
});

it('lets every chart take the same global settings', () => {
  const globals = charts.map(({ name }) => {
    const schema = JSON.parse(readFileSync(join(repository, 'charts', name, 'values.schema.json'), 'utf8')) as {
      readonly properties: { readonly global: unknown };
    };
    return JSON.stringify(schema.properties.global);
  });
  expect(new Set(globals).size).toBe(1);
});

it('has a topic for everything that the contracts send, and for each group’s dead letters', () => {
  const sent = Object.values(messages).map(({ topic }) => topic);
  const copies = platformGroups().flatMap(({ group, topics }) => topics.map((topic) => `${topic}.${group}.dlt`));
  expect(kafkaTopics()).toEqual([...new Set([...sent, ...copies])].toSorted());
});

it('lets each service write what it sends and read what its group reads, and nothing else', () => {
  const access = kafkaAccess();
  expect(Object.keys(access)).toEqual([...services]);
  for (const [type, { producer, topic }] of Object.entries(messages)) {
    const writers = services.filter((service) => access[service].writes.includes(topic));
    expect(writers, type).toEqual([producer]);
  }
  for (const { group, topics } of platformGroups()) {
    expect(access[group as keyof typeof access].reads).toEqual([...topics].toSorted());
  }
});
