import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../src/generated-files.ts';

/**
 * The scripts of k8s with a kubectl that only says what each test has it say: `case` patterns on its arguments, in Bash. Nobody waits:
 * `sleep` comes back at once.
 */
let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'cluster-scripts-'))));
afterEach(() => rmSync(folder, { recursive: true }));

type Ran = { readonly status: number | null; readonly said: string; readonly asked: readonly string[] };

function run(script: string, args: readonly string[], kubectl: string, variables: NodeJS.ProcessEnv = {}): Ran {
  command(
    'kubectl',
    `echo "$*" | tr '\\n' ' ' >>${folder}/asked; echo >>${folder}/asked\ncase "$*" in\n${kubectl}\nesac\nexit 0`,
  );
  writeFileSync(join(folder, 'asked'), '');
  command('sleep', 'exec /bin/sleep 0.02');
  const { status, stdout, stderr } = spawnSync('bash', [join(repository, 'k8s', script), ...args], {
    encoding: 'utf8',
    env: {
      HOME: folder,
      PATH: `${folder}:${process.env['PATH']}`,
      TMPDIR: folder,
      REPORT: join(folder, 'report'),
      RECOVERY_SECONDS: '1',
      ...variables,
    },
  });
  return { status, said: stdout + stderr, asked: readFileSync(join(folder, 'asked'), 'utf8').split('\n') };
}

function command(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

const report = () => readFileSync(join(folder, 'report', 'report.txt'), 'utf8');
const count = (asked: readonly string[], what: string) => asked.filter((line) => line.includes(what)).length;

/** A namespace that may be harmed, pods in it, and a load that runs and judges. */
const platform = `
  *"get namespace"*) echo allowed ;;
  *"logs job/chaos-load"*) printf '%s\\n' 'load: running' '{"verdict":"held"}' ;;
  *"get pods"*deletionTimestamp*) echo a-pod ;;
`;
/** Experiment 11, whose fault is a wish that the sandbox counts. */
const counts = '*/metrics*) cat "$(dirname "$0")/count" 2>/dev/null || echo 0 ;;';
const breaks = `*"method: 'PUT'"*) echo 7 >"$(dirname "$0")/count" ;;`;

describe('k8s/chaos/run', () => {
  it('holds when the fault is proved, healed and judged', () => {
    const { status, asked } = run('chaos/run', ['11'], `${breaks}\n${counts}\n${platform}`);
    expect(report()).toMatch(/^11-provider-down +held: 7 requests to the provider failed$/m);
    expect(count(asked, "method: 'DELETE'")).toBe(1);
    expect(status).toBe(0);
  });

  it('harms nothing in a namespace that nobody labelled', () => {
    const { status, said, asked } = run('chaos/run', ['11'], '*"get namespace"*) ;;');
    expect(said).toContain('checkout/chaos=allowed');
    expect(count(asked, ' exec ')).toBe(0);
    expect(status).toBe(2);
  });

  it('harms nothing while a service is not ready, though it is not the last one that is asked', () => {
    const { status, asked } = run('chaos/run', ['11'], `*"rollout status deployment/order"*) exit 1 ;;\n${platform}`);
    expect(report()).toContain('BROKEN: the platform is not well before the fault');
    expect(count(asked, "method: 'PUT'")).toBe(0);
    expect(status).toBe(1);
  });

  it('is broken when a service does not come back', () => {
    const gone = `*"rollout status deployment/order"*) [ ! -e "$(dirname "$0")/count" ] || exit 1 ;;`;
    const { status } = run('chaos/run', ['11'], `${breaks}\n${counts}\n${gone}\n${platform}`);
    expect(report()).toContain('BROKEN: the platform did not come back');
    expect(status).toBe(1);
  });

  it('is broken when the fault has no proof', () => {
    const { status } = run('chaos/run', ['11'], `${counts}\n${platform}`);
    expect(report()).toContain('BROKEN: the fault cannot be proved: no request was failed');
    expect(status).toBe(1);
  });

  it('is broken when a process that it killed was not started again', () => {
    const kept = `*restartCount*) echo 3 ;;\n*exitCode*) echo 137 ;;`;
    const { status } = run('chaos/run', ['02'], `${kept}\n${platform}`);
    expect(report()).toContain('BROKEN: the fault cannot be proved: not killed, or not back');
    expect(status).toBe(1);
  });

  it('is broken when the load cannot be made', () => {
    const { status } = run('chaos/run', ['11'], `*"apply --filename -"*) exit 1 ;;\n${platform}`);
    expect(report()).toContain('BROKEN: the load does not start');
    expect(status).toBe(1);
  });

  it('tries again to heal, breaks nothing more, and says how to when it could not', () => {
    const fails = `*"method: 'DELETE'"*) exit 1 ;;`;
    const { status, said, asked } = run('chaos/run', ['11', '03'], `${fails}\n${breaks}\n${counts}\n${platform}`);
    expect(report()).toContain('BROKEN: it could not be healed');
    expect(report()).not.toContain('03-rolling-restart');
    expect(said).toMatch(/not healed: CHAOS_STATE=\S+ PLATFORM_NAMESPACE=checkout k8s\/chaos\/11-provider-down\/heal/);
    expect(count(asked, "method: 'DELETE'")).toBe(6);
    expect(status).toBe(1);
  });

  it('heals at the end of the run what could not be healed in it', () => {
    const third = `*"method: 'DELETE'"*) echo >>"$(dirname "$0")/heals"; [ "$(wc -l <"$(dirname "$0")/heals")" -gt 3 ] || exit 1 ;;`;
    const { said, asked } = run('chaos/run', ['11'], `${third}\n${breaks}\n${counts}\n${platform}`);
    expect(report()).toContain('BROKEN: it could not be healed');
    expect(count(asked, "method: 'DELETE'")).toBe(4);
    expect(said).not.toContain('not healed:');
  });

  it.each(['06-kafka-gone', '07-redis-gone', '09-network-cut', '10-dns-gone'])(
    'takes no failed question for the proof of %s',
    (name) => {
      const { status, said } = run(
        `chaos/${name}/probe`,
        [],
        '*"get pods"*deletionTimestamp*) echo a-pod ;;\n*) exit 1 ;;',
      );
      expect(said).not.toMatch(/no broker|no cache|could not reach|no name was found/);
      expect(status).not.toBe(0);
    },
  );
});

describe('k8s/chaos/08-node-drain', () => {
  const cluster = (orders: string, volumes = '') => `
    *"get nodes"*) printf '%s\\n' a b c ;;
    *readyReplicas*) echo 2 ;;
    *"get persistentvolumes"*) echo '${volumes}' ;;
    *persistentVolumeClaim*) printf '%s\\n' 'data-mysql-0 a' 'sandbox c' ;;
    *"name=mysql"*"output name"*) echo pod/mysql-0 ;;
    *"name=kafka"*"output name"*) echo pod/kafka-0 ;;
    *"name=chaos-load"*) echo a ;;
    *"name=mysql"*) echo a ;;
    *"name=kafka"*) echo b ;;
    *"name=order"*) printf '%s\\n' ${orders} ;;
  `;
  const skipped = 77;

  it('drains a node with a pod of order, without the load and the servers', () => {
    const { status, asked } = run('chaos/08-node-drain/fault', [], cluster('b c'));
    expect(asked.find((line) => line.startsWith('drain'))).toMatch(/^drain c /);
    expect(status).toBe(0);
  });

  it('is skipped where each node has something that has to stay', () => {
    const { status, said } = run('chaos/08-node-drain/fault', [], cluster('b c', 'sandbox /var/volumes/1'));
    expect(said).toContain('a volume that would not follow');
    expect(status).toBe(skipped);
  });

  it('is skipped where a service has a single pod', () => {
    const single = '*"deployment payment"*readyReplicas*) echo 1 ;;';
    const { status, said } = run('chaos/08-node-drain/fault', [], `${single}\n${cluster('b c')}`);
    expect(said).toContain('two pods of payment');
    expect(status).toBe(skipped);
  });
});

describe('k8s/chaos/13-cpu-starved', () => {
  it('begins its minute when the pods from before are gone', () => {
    const leaving = `*metadata.uid*)
      echo >>"$(dirname "$0")/times"
      case $(($(wc -l <"$(dirname "$0")/times"))) in 1) echo old ;; 2 | 3) printf '%s\\n' new old ;; *) echo new ;; esac ;;`;
    const variables = { CHAOS_STATE: folder, RECOVERY_SECONDS: '10' };
    const { status } = run('chaos/13-cpu-starved/fault', [], leaving, variables);
    expect(readFileSync(join(folder, 'pods'), 'utf8')).toBe('new\n');
    expect(status).toBe(0);
  });
});

describe('k8s/chaos/15-upgrade-and-rollback', () => {
  it('knows which revision to go back to when the release was rolled back before', () => {
    command('helm', `case $1 in history) printf '%s\\n' '- chart: c' '  revision: 5' '  rollback_revision: 3' ;; esac`);
    run('chaos/15-upgrade-and-rollback/fault', [], '*) echo an-image ;;', { CHAOS_STATE: folder, NEXT_TAG: 'next' });
    expect(readFileSync(join(folder, 'revision'), 'utf8')).toBe('5\n');
  });
});

describe('k8s/prepare', () => {
  const current = (context: string) => `*"config current-context"*) echo ${context} ;;`;
  const writes = (asked: readonly string[]) => count(asked, 'apply') + count(asked, 'create');

  it('writes nothing to a cluster that is not on this machine', () => {
    const { status, said, asked } = run('prepare', ['devtools'], current('production'));
    expect(said).toContain('production is not a cluster on this machine');
    expect(writes(asked)).toBe(0);
    expect(status).not.toBe(0);
  });

  it('writes nothing where skaffold goes to such a cluster', () => {
    const variables = { SKAFFOLD_KUBE_CONTEXT: 'production' };
    expect(writes(run('prepare', ['devtools'], current('kind-checkout'), variables).asked)).toBe(0);
  });

  it.each([
    ['that is named by an argument', ['devtools', '--context', 'production'], {}, 'production'],
    ['that is named by a variable', ['devtools'], { KUBE_CONTEXT: 'production' }, 'production'],
    ['of skaffold, whatever is current', ['devtools'], { SKAFFOLD_KUBE_CONTEXT: 'kind-checkout' }, 'kind-checkout'],
  ])('keeps to the context %s', (_, args, variables, context) => {
    command('npm', 'exit 0');
    const { status, asked } = run('prepare', args, current('elsewhere'), variables);
    expect(asked).toContainEqual(expect.stringContaining(`config view --flatten --minify --context ${context}`));
    expect(writes(asked)).toBeGreaterThan(0);
    expect(status).toBe(0);
  });
});

describe('k8s/restore', () => {
  const context = '*"config current-context"*) echo kind-checkout ;;';
  const stopped = `
    ${context}
    *"kafka.strimzi.io"*|*"keda.sh"*) ;;
    *"get pods"*) ;;
    *"get statefulset kafka"*) echo statefulset.apps/kafka ;;
    *"get jobs"*component=migrate*) echo job.batch/a-migrate ;;
    *"get jobs"*component=bootstrap*) echo job.batch/topics ;;
    *spec.template.metadata.labels*) echo '{"app":"x","controller-uid":"1","batch.kubernetes.io/job-name":"y"}' ;;
    *"get job.batch/a-migrate"*spec.template.spec*) echo '{"containers":[{"args":["services/a/src/migrate.ts"]}]}' ;;
    *TOPICS*) echo ' one two' ;;
    *status.conditions*) echo 'SuccessCriteriaMet Complete' ;;
    *annotations*) echo 2 ;;
    *"create --filename"*) cat >>"$(dirname "$0")/made" ;;
  `;
  const made = () => readFileSync(join(folder, 'made'), 'utf8');

  it('notes how many pods there were, and takes them away', () => {
    const { status, asked } = run('restore', ['stop'], `${context}\n*spec.replicas*) echo 3 ;;`);
    expect(count(asked, 'checkout/replicas=3')).toBe(5);
    expect(count(asked, '--replicas=0')).toBe(5);
    expect(status).toBe(0);
  });

  it('notes nothing of a service that was stopped before', () => {
    const { asked } = run('restore', ['stop', 'order'], `${context}\n*spec.replicas*) echo 0 ;;`);
    expect(count(asked, 'checkout/replicas')).toBe(0);
    expect(count(asked, 'payment')).toBe(0);
  });

  it('has each log begin an epoch, makes the topics anew, and only then starts services', () => {
    const { status, said, asked } = run('restore', ['start'], stopped);
    expect(said).toBe(
      `${['order', 'orchestrator', 'antifraud', 'payment', 'shipping'].map((service) => `${service}: its log begins an epoch\n`).join('')}the topics are made anew\nall services run\n`,
    );
    expect(made().match(/"args":\["services\/a\/src\/migrate.ts","--restored"\]/g)).toHaveLength(5);
    expect(made()).toContain('"labels": {"app":"x"}');
    const deleted = asked.findIndex((line) => line.includes('--delete --if-exists --topic one|two'));
    expect(deleted).toBeGreaterThan(asked.findLastIndex((line) => line.includes('-restored')));
    expect(asked.findIndex((line) => line.includes('--replicas=2'))).toBeGreaterThan(deleted);
    expect(status).toBe(0);
  });

  it.each([
    ['a service still runs', '*"get pods"*) echo pod/order-1 ;;', 'still there: pod/order-1'],
    ['there is no Job to go by', '*component=migrate*) ;;', 'order has no migration Job'],
    ['nobody knows who runs Kafka', '*"get statefulset kafka"*) ;;', '--topics-are-new'],
  ])('begins nothing when %s', (_, answer, complaint) => {
    const { status, said, asked } = run('restore', ['start'], `${answer}\n${stopped}`);
    expect(said).toContain(complaint);
    expect(count(asked, 'create') + count(asked, '--delete') + count(asked, 'scale')).toBe(0);
    expect(status).toBe(1);
  });

  it('starts nothing when a log could not be made fit', () => {
    const { status, said, asked } = run('restore', ['start'], `*status.conditions*) echo Failed ;;\n${stopped}`);
    expect(said).toContain('job/order-restored failed');
    expect(count(asked, 'scale')).toBe(0);
    expect(status).toBe(1);
  });

  it('refuses a cluster that is not on this machine', () => {
    const { status, asked } = run('restore', ['stop'], '*"config current-context"*) echo production ;;');
    expect(count(asked, 'scale')).toBe(0);
    expect(status).not.toBe(0);
  });
});
