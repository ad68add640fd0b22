import { accessSync, constants, existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { serviceCharts } from '../src/charts.ts';
import { repository } from '../src/generated-files.ts';
import { chartsInOrder } from '../src/scenarios.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const isThere = (path: string) => existsSync(join(repository, path));
const images = serviceCharts.map((name) => `checkout/${name}`);

type Release = {
  readonly name: string;
  readonly chartPath: string;
  readonly valuesFiles: readonly string[];
  readonly setValues?: Readonly<Record<string, unknown>>;
  readonly setValueTemplates?: Readonly<Record<string, string>>;
  readonly dependsOn?: readonly string[];
};
type Skaffold = {
  readonly build: {
    readonly artifacts: readonly {
      readonly image: string;
      readonly context: string;
      readonly docker: { readonly dockerfile: string; readonly buildArgs: { readonly SERVICE: string } };
      readonly sync: { readonly manual: readonly { readonly src: string }[] };
    }[];
  };
  readonly deploy: {
    readonly helm: {
      readonly hooks: {
        readonly before: readonly { readonly host: { readonly command: readonly [string, string] } }[];
      };
      readonly releases: readonly Release[];
    };
  };
  readonly portForward: readonly { readonly resourceName: string }[];
  readonly verify: readonly {
    readonly container: { readonly image: string; readonly name: string };
    readonly executionMode: { readonly kubernetesCluster: { readonly jobManifestPath: string } };
  }[];
  readonly profiles: readonly {
    readonly name: string;
    readonly patches: readonly { readonly op: string; readonly path: string; readonly value?: unknown }[];
  }[];
};
const skaffold = parse(read('skaffold.yaml')) as Skaffold;

/** Whether a chart's schema knows a value, by its path with dots. */
function takesValue(chart: string, path: string): boolean {
  let schema = JSON.parse(read(`${chart}/values.schema.json`)) as { readonly properties?: Record<string, never> };
  for (const key of path.split('.')) {
    const next = schema.properties?.[key];
    if (next === undefined) return false;
    schema = next;
  }
  return true;
}

describe('skaffold.yaml', () => {
  const { artifacts } = skaffold.build;
  const { releases, hooks } = skaffold.deploy.helm;

  it('builds every service, and follows sources that are there', () => {
    expect(artifacts.map(({ image }) => image)).toEqual(images);
    for (const { docker, image, context, sync } of artifacts) {
      expect(image).toBe(`checkout/${docker.buildArgs.SERVICE}`);
      expect(isThere(context)).toBe(true);
      expect(docker.dockerfile).toBe('services/Dockerfile');
      for (const { src } of sync.manual) expect(globSync(src, { cwd: repository }).length, src).toBeGreaterThan(0);
    }
  });

  it('installs every service’s chart with values that it takes', () => {
    expect(releases.map(({ name }) => name)).toEqual(['infrastructure', ...serviceCharts]);
    for (const { chartPath, valuesFiles, setValues = {}, setValueTemplates = {}, dependsOn = [] } of releases) {
      expect(isThere(join(chartPath, 'Chart.yaml')), chartPath).toBe(true);
      for (const file of valuesFiles) expect(isThere(file), file).toBe(true);
      for (const path of Object.keys({ ...setValues, ...setValueTemplates }))
        expect(takesValue(chartPath, path), path).toBe(true);
      for (const name of dependsOn) expect(releases.map((release) => release.name)).toContain(name);
    }
  });

  it('names each image in the variable that skaffold sets for it', () => {
    for (const { name, setValueTemplates = {} } of releases.filter((release) => release.name !== 'infrastructure')) {
      expect(setValueTemplates['image.reference']).toBe(`{{.IMAGE_FULLY_QUALIFIED_checkout_${name}}}`);
    }
  });

  it('starts a service anew when it has copied sources, and only then', () => {
    const ci = skaffold.profiles.find(({ name }) => name === 'ci')?.patches ?? [];
    for (const [index, { name, setValues }] of releases.entries()) {
      if (name === 'infrastructure') continue;
      expect(setValues, name).toEqual({ 'global.watch': 'true' });
      expect(ci).toContainEqual({ op: 'remove', path: `/build/artifacts/${index - 1}/sync` });
      expect(ci).toContainEqual({ op: 'remove', path: `/deploy/helm/releases/${index}/setValues` });
    }
    expect(read('Tiltfile')).toContain("'global.watch=true'");
  });

  it('prepares by a command that is there, and verifies with a container that the Job has', () => {
    for (const { host } of hooks.before) expect(isExecutable(host.command[0]), host.command[0]).toBe(true);
    for (const { container, executionMode } of skaffold.verify) {
      expect(images).toContain(container.image);
      const job = parse(read(executionMode.kubernetesCluster.jobManifestPath)) as {
        readonly spec: {
          readonly template: { readonly spec: { readonly containers: readonly { readonly name: string }[] } };
        };
      };
      expect(job.spec.template.spec.containers.map(({ name }) => name)).toEqual([container.name]);
    }
    for (const { resourceName } of skaffold.portForward) expect(serviceCharts).toContain(resourceName);
  });

  it('patches in its profiles what is there, with files that are there', () => {
    for (const { name, patches } of skaffold.profiles) {
      for (const { op, path, value } of patches) {
        const found = at(skaffold, path.split('/').slice(1));
        expect(op === 'add' ? true : found !== undefined, `${name}: ${op} ${path}`).toBe(true);
        const files = Array.isArray(value) ? (value as string[]).filter((text) => text.includes('/')) : [];
        for (const file of files) expect(isThere(file), file).toBe(true);
      }
    }
  });
});

describe('Tiltfile', () => {
  const text = read('Tiltfile');
  const quoted = [...text.matchAll(/'([^'\n]*)'/g)].map(([, inner]) => inner ?? '');

  it('names files and folders that are there', () => {
    const paths = quoted.filter(
      (word) => /^(charts|k8s|services)\/[\w./-]+[\w]$/.test(word) && word !== 'services/Dockerfile',
    );
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) expect(isThere(path), path).toBe(true);
    const only = /only=\[([^\]]*)\]/.exec(text)?.[1]?.matchAll(/'([^']*)'/g) ?? [];
    for (const [, path = ''] of only) expect(isThere(path), path).toBe(true);
  });

  it('builds every service, and gives the charts values that they take', () => {
    const listed = /^SERVICES = \[([^\]]*)\]/m.exec(text)?.[1]?.match(/\w+/g);
    expect(listed).toEqual([...serviceCharts]);
    const set = quoted.filter((word) => /^global\.[\w.]+=/.test(word)).map((word) => word.split('=')[0] ?? '');
    for (const path of set) expect(takesValue('charts/checkout', path), path).toBe(true);
  });
});

describe('services/Dockerfile', () => {
  it('has Node in both targets where the experiments start it', () => {
    const [, dev = '', run = ''] = /( AS dev\n[\s\S]*)( AS run\n[\s\S]*)/.exec(read('services/Dockerfile')) ?? [];
    expect(read('k8s/chaos/lib.bash')).toContain(' /nodejs/bin/node ');
    expect(dev).toContain(' /nodejs/bin/node\n');
    expect(run).not.toContain('ENTRYPOINT');
    expect(read('services/Dockerfile')).toContain('RUNTIME_IMAGE=gcr.io/distroless/nodejs');
  });
});

describe('k8s', () => {
  it('has what its kustomizations name', () => {
    for (const file of globSync('k8s/**/kustomization.yaml', { cwd: repository })) {
      const { resources = [], patches = [] } = parse(read(file)) as {
        readonly resources?: readonly string[];
        readonly patches?: readonly { readonly path: string }[];
      };
      const named = [...resources, ...patches.map(({ path }) => path)];
      for (const path of named) expect(isThere(join(dirname(file), path)), `${file}: ${path}`).toBe(true);
    }
  });

  it('takes a laptop no more memory than the README says', () => {
    const perService = 160;
    const servers = globSync('k8s/devtools/*.{statefulset,deployment}.yaml', { cwd: repository }).flatMap((file) =>
      [...read(file).matchAll(/limits: \{ memory: (\d+)Mi \}/g)].map(([, mebibytes]) => Number(mebibytes)),
    );
    expect(servers).toHaveLength(3);
    expect(read('charts/checkout/values-dev.yaml')).toContain(`memory: ${perService}Mi`);
    const wholeMebibytes = servers.reduce((sum, one) => sum + one, perService * serviceCharts.length);
    expect(wholeMebibytes).toBeLessThanOrEqual(2.4 * 1024);
  });

  it('has one object in each file, but for lists that patch', () => {
    for (const file of globSync('k8s/**/*.{yaml,yml}', { cwd: repository })) {
      expect(parseAllDocuments(read(file)).length, file).toBe(1);
    }
  });

  const experiments = globSync('k8s/chaos/[0-9][0-9]-*', { cwd: repository }).toSorted();
  it('has at least twelve experiments', () => expect(experiments.length).toBeGreaterThanOrEqual(12));

  it.each(experiments)('%s says what it expects, breaks, proves and heals', (folder) => {
    for (const script of ['fault', 'heal', 'probe']) expect(isExecutable(join(folder, script)), script).toBe(true);
    const readme = read(join(folder, 'README.md'));
    for (const word of ['**Hypothesis.**', '**Fault.**', '**Heals**', '**Proof.**']) expect(readme).toContain(word);
  });

  it('reads no Secret of a service that no script writes', () => {
    const made = read('k8s/secrets/make');
    for (const chart of chartsInOrder.filter((name) => isThere(`charts/${name}/values.yaml`))) {
      const names = [...read(`charts/${chart}/values.yaml`).matchAll(/^ +secret: ([\w-]+-mysql(?:-migrator)?)$/gm)];
      for (const [, secret = ''] of names)
        expect(made).toMatch(secret.endsWith('migrator') ? /-mysql-migrator"/ : /-mysql"/);
    }
  });
});

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(join(repository, path), constants.X_OK);
    return statSync(join(repository, path)).isFile();
  } catch {
    return false;
  }
}
