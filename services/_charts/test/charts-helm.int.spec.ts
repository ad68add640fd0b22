import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serviceCharts } from '../src/charts.ts';
import { repository } from '../src/generated-files.ts';
import { copyCharts, installedHelms, type Manifest, manifestsIn, run, template } from '../src/helm.ts';
import { kafkaAccess, kafkaTopics } from '../src/render-contracts.ts';
import { chartsInOrder, scenarioOf, scenarios, valuesFiles } from '../src/scenarios.ts';
import { developmentFlows, flowsOf, productionFlows } from './network.ts';

const helms = installedHelms();
const wrongValues = parse(readFileSync(join(import.meta.dirname, 'wrong-values.yaml'), 'utf8')) as readonly {
  readonly chart: string;
  readonly scenario: string;
  readonly values: object;
  readonly says: readonly string[];
}[];

/** Without Helm the suite is skipped, and the summary of `npm test` says so. */
describe.skipIf(helms.length === 0).each(helms.length === 0 ? [{ program: 'helm', version: 'none' }] : helms)(
  'the charts, by $program $version',
  (helm) => {
    let scratch: string;
    let charts: string;
    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), 'checkout-charts-'));
      charts = copyCharts(helm, scratch);
    });
    afterAll(() => rmSync(scratch, { recursive: true, force: true }));

    const render = (chart: string, scenario: string, values?: string): readonly Manifest[] => {
      const files = valuesFiles(chart, scenarioOf(scenario), charts);
      if (files === undefined) throw new Error(`${chart} is not part of ${scenario}`);
      const rendered = template(helm, join(charts, chart), { files, ...(values !== undefined && { values }) });
      if (!rendered.ok) throw new Error(rendered.stderr);
      return manifestsIn(rendered.stdout);
    };
    const named = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
      const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
      if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
      return found;
    };

    it.each(wrongValues)('refuse $values of $chart in $scenario', ({ chart, scenario, values, says }) => {
      const files = valuesFiles(chart, scenarioOf(scenario), charts) ?? [];
      const { ok, stderr } = template(helm, join(charts, chart), { files, values: JSON.stringify(values) });
      expect(ok, 'it was taken').toBe(false);
      for (const words of says) expect(stderr).toContain(words);
    });

    const renderable = chartsInOrder.flatMap((chart) =>
      scenarios
        .filter((scenario) => valuesFiles(chart, scenario, '') !== undefined)
        .map(({ name }) => ({ chart, scenario: name })),
    );
    it.each(renderable)('render $chart in $scenario, twice the same', ({ chart, scenario }) => {
      const files = valuesFiles(chart, scenarioOf(scenario), charts) ?? [];
      const [first, second] = [1, 2].map(() => template(helm, join(charts, chart), { files }));
      expect(first!.stderr).toBe('');
      expect(first!.ok).toBe(true);
      expect(second!.stdout).toBe(first!.stdout);
    });

    it.each(scenarios)('give the same objects alone as in the umbrella, in $name', ({ name }) => {
      const isSandboxed = name === 'dev' || name === 'otel';
      const alone = serviceCharts
        .filter((chart) => chart !== 'sandbox' || isSandboxed)
        .flatMap((chart) => render(chart, name));
      const key = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;
      const together = render('checkout', name).filter(({ metadata }) => !metadata.name.startsWith('checkout-'));
      expect(together.map(key).toSorted()).toEqual(alone.map(key).toSorted());
    });

    it.each([
      { scenario: 'operators', flows: productionFlows },
      { scenario: 'dev', flows: developmentFlows },
    ])('let exactly those talk to each other that the table names, in $scenario', ({ scenario, flows }) => {
      const policies = render('checkout', scenario).filter(({ kind }) => kind === 'NetworkPolicy');
      const rendered = policies.map(({ metadata, spec }) => [
        metadata.name,
        { from: flowsOf(spec.ingress), to: flowsOf(spec.egress) },
      ]);
      const expected = Object.entries(flows).map(([name, { from, to }]) => [
        name,
        { from: from.toSorted(), to: to.toSorted() },
      ]);
      expect(Object.fromEntries(rendered)).toEqual(Object.fromEntries(expected));
      for (const { spec } of policies) expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    });

    it.each(scenarios)('start pods that `restricted` takes, in $name', ({ name }) => {
      const pods = [
        ...render('checkout', name),
        ...(scenarioOf(name).infrastructure ? render('infrastructure', name) : []),
      ]
        .map(({ kind, metadata, spec }) => ({
          of: `${kind} ${metadata.name}`,
          pod: kind === 'Pod' ? spec : spec?.template?.spec,
        }))
        .filter(({ pod }) => pod?.containers !== undefined);
      expect(pods.length).toBeGreaterThan(0);
      for (const { of, pod } of pods) {
        expect(pod.securityContext, of).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(pod.automountServiceAccountToken, of).toBe(false);
        expect(JSON.stringify(pod.volumes), of).not.toContain('hostPath');
        for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
          expect(container.securityContext, `${of} ${container.name}`).toMatchObject({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources.limits.memory, `${of} ${container.name}`).toBeTruthy();
          expect(container.resources.requests.cpu, `${of} ${container.name}`).toBeTruthy();
        }
      }
    });

    it('declare the topics and users of the contracts', () => {
      const manifests = render('infrastructure', 'operators');
      const topics = manifests.filter(({ kind }) => kind === 'KafkaTopic');
      expect(topics.map(({ metadata }) => metadata.name).toSorted()).toEqual(kafkaTopics());
      for (const { spec } of topics) expect(spec).toMatchObject({ partitions: 16, replicas: 3 });
      for (const [service, { reads, writes, deadLetters }] of Object.entries(kafkaAccess())) {
        const { spec } = named(manifests, 'KafkaUser', `${service}-kafka`);
        const granted = (
          spec.authorization.acls as readonly { resource: { type: string; name: string }; operations: string[] }[]
        ).flatMap(({ resource, operations }) =>
          operations.map((operation) => `${operation} ${resource.type} ${resource.name}`),
        );
        const expected = [
          `Read group ${service}`,
          ...reads.flatMap((topic) => [`Read topic ${topic}`, `Describe topic ${topic}`]),
          ...[...writes, ...deadLetters].flatMap((topic) => [`Write topic ${topic}`, `Describe topic ${topic}`]),
        ];
        expect(granted.toSorted()).toEqual(expected.toSorted());
      }
    });

    it('leave servers and data behind when they are uninstalled', () => {
      const kept = ['Kafka', 'KafkaNodePool', 'KafkaTopic', 'InnoDBCluster', 'RedisReplication'];
      const manifests = render('infrastructure', 'operators').filter(({ kind }) => kept.includes(kind));
      expect(new Set(manifests.map(({ kind }) => kind))).toEqual(new Set(kept));
      for (const { metadata } of manifests) {
        expect(metadata.annotations, metadata.name).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
      }
    });

    it('scale by what a service’s group reads', () => {
      const manifests = render('checkout', 'keda');
      for (const [service, { reads }] of Object.entries(kafkaAccess())) {
        const { spec } = named(manifests, 'ScaledObject', service);
        expect(spec.triggers.map(({ metadata }: Manifest) => metadata['topic' as never])).toEqual(reads);
      }
    });

    it('give a migration another name when anything about it changes', () => {
      const jobOf = (values: string) =>
        render('order', 'prod', values).find(({ kind }) => kind === 'Job')!.metadata.name;
      const [same, again, otherImage, otherServer] = [
        jobOf('{}'),
        jobOf('{"podLabels":{"a":"b"}}'),
        jobOf('{"image":{"tag":"0.2.0"}}'),
        jobOf('{"global":{"mysql":{"host":"other"}}}'),
      ];
      expect(same).toMatch(/^order-migrate-[0-9a-f]{8}$/);
      expect(again).toBe(same);
      expect(new Set([same, otherImage, otherServer]).size).toBe(3);
    });

    it('take `false` and 0 of one service over what is said for all', () => {
      const values =
        '{"replicas":0,"autoscaling":{"mode":"none"},"scheduling":{"spread":false},"shutdown":{"preStopSeconds":0}}';
      const { spec } = named(render('payment', 'prod', values), 'Deployment', 'payment');
      expect(spec.replicas).toBe(0);
      expect(spec.template.spec.topologySpreadConstraints).toBeUndefined();
      expect(spec.template.spec.containers[0].lifecycle).toBeUndefined();
    });

    it('package `common` as it is', () => {
      for (const chart of [...serviceCharts, 'infrastructure']) {
        const archive = join(charts, chart, 'charts', 'common-0.1.0.tgz');
        const packaged = run('tar', ['--extract', '--to-stdout', '--file', archive, 'common/values.yaml']).stdout;
        expect(packaged).toBe(readFileSync(join(repository, 'charts', 'common', 'values.yaml'), 'utf8'));
      }
    });
  },
);
