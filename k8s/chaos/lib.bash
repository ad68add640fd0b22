# What the experiments have in common; read by `run` and by each experiment's scripts.
# shellcheck source=../lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

# Where an experiment keeps what it has to know later, such as the pods that it harmed.
STATE=${CHAOS_STATE:-$(mktemp -d)}
RECOVERY_SECONDS=${RECOVERY_SECONDS:-300}
# The exit code by which a fault says that this cluster can't do it; what it printed is the reason.
SKIPPED=77

export STATE RECOVERY_SECONDS SKIPPED

skip() {
  echo "$*"
  exit "$SKIPPED"
}

# Names of pods with these labels that are not going already.
pods() {
  k get pods --selector "$1" --output go-template='{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}'
}

uids() { k get pods --selector "$1" --output jsonpath='{range .items[*]}{.metadata.uid}{"\n"}{end}' | sort; }

# How often the containers of pods with these labels were started again.
restarts() {
  k get pods --selector "$1" --output jsonpath='{range .items[*].status.containerStatuses[*]}{.restartCount}{"\n"}{end}' |
    awk '{ sum += $1 } END { print sum + 0 }'
}

remember() { cat >"$STATE/$1"; }
remembered() { cat "$STATE/$1"; }
# Whether a fault came so far; else there is nothing to heal.
is_remembered() { [ -s "$STATE/$1" ]; }

# None of the pods that were remembered under this name is left, and others with the same labels are there.
replaced() { # NAME SELECTOR
  local now
  now=$(uids "$2") || return 1
  [ -n "$now" ] && [ -s "$STATE/$1" ] && [ -z "$(comm -12 "$STATE/$1" - <<<"$now")" ]
}

# Selector of the server's pods, whoever runs it: k8s/devtools, or its operator.
mysql_pods() { first_that_has app.kubernetes.io/name=mysql,app.kubernetes.io/part-of=checkout-infrastructure mysql.oracle.com/cluster=mysql,component=mysqld; }
kafka_pods() { first_that_has app.kubernetes.io/name=kafka,app.kubernetes.io/part-of=checkout-infrastructure strimzi.io/cluster=checkout,strimzi.io/broker-role=true; }
redis_pods() { first_that_has app.kubernetes.io/name=redis,app.kubernetes.io/part-of=checkout-infrastructure app=redis; }

first_that_has() {
  local candidate
  for candidate in "$@"; do
    if [ -n "$(k get pods --selector "$candidate" --output name)" ]; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Servers of devtools are taken away by scaling them to nothing; an operator would put them back at once.
require_devtools() {
  if ! k get "$1" >/dev/null 2>&1; then skip "$1 is not one of k8s/devtools, and its operator would put it back at once"; fi
}

# rolled_out [SERVICE…]: those, or all.
# shellcheck disable=SC2120 # most callers mean all
rolled_out() {
  local service
  # shellcheck disable=SC2048 # one word per service
  for service in ${*:-$SERVICES}; do
    k rollout status "deployment/$service" --timeout="${RECOVERY_SECONDS}s" >/dev/null || return 1
  done
}

# What the services run.
images() {
  local service
  for service in $SERVICES; do
    k get deployment "$service" --output jsonpath='{.spec.template.spec.containers[?(@.name=="app")].image}{"\n"}' || return 1
  done | sort
}

# readyz SERVICE: what it says of itself, asked inside of a pod of it.
readyz() {
  in_pod "$1" "const answer = await fetch('http://127.0.0.1:9090/readyz'); console.log(await answer.text());"
}

# in_pod SERVICE SCRIPT: JavaScript in a pod of a service; its image has no shell.
in_pod() {
  local pod
  pod=$(pods "$(selector_of "$1")" | head -n 1) || return 1
  if [ -z "$pod" ]; then echo "$1 has no pod" >&2 && return 1; fi
  k exec "$pod" --container app -- /nodejs/bin/node --input-type=module --eval "$2"
}

# Of the process of a pod's app, for scripts in the pod: with global.watch the first process is one that starts the app.
APP_PROCESS="const { readFileSync } = await import('node:fs');
    const isWatched = readFileSync('/proc/1/cmdline', 'utf8').split('\\0').includes('--watch');
    const app = isWatched ? Number.parseInt(readFileSync('/proc/1/task/1/children', 'utf8'), 10) : 1;"

# inspected POD SCRIPT: JavaScript in the very process of a pod's app, through Node's inspector.
inspected() {
  k exec "$1" --container app -- /nodejs/bin/node --input-type=module --eval "$APP_PROCESS
    import { setTimeout } from 'node:timers/promises';
    const deadline = Date.now() + 10_000;
    const targets = () => fetch('http://127.0.0.1:9229/json').then((answer) => answer.json());
    process.kill(app, 'SIGUSR1');
    let found;
    while (found === undefined) {
      found = await targets().catch((error) => { if (Date.now() > deadline) throw error; });
      await setTimeout(100);
    }
    const inspector = new WebSocket(found[0].webSocketDebuggerUrl);
    const end = (event) => { console.error(event.message ?? 'the inspector does not answer'); process.exit(1); };
    inspector.onerror = inspector.onclose = end;
    inspector.onopen = () => inspector.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: process.argv[1] } }));
    inspector.onmessage = ({ data }) => (data.includes('exceptionDetails') ? end({ message: data }) : process.exit(0));" "$2"
}

# kill_apps POD…: ends the app of each at once as SIGKILL would: no handler runs, no request is finished. `kubectl delete --force`
# does not: the kubelet gives the pod all of its grace period. And the first process of a container gets no SIGKILL from inside of
# it, so it ends itself, a moment later, as it would wait for an inspector that is there. With global.watch the app is not the first
# process: it gets its SIGKILL, and the one that would wait for a changed source is told to end.
kill_apps() {
  local pod id ids=''
  for pod in "$@"; do about_to_kill "$pod" app || return 1; done
  for pod in "$@"; do
    if is_watched "$pod"; then
      k exec "$pod" --container app -- /nodejs/bin/node --input-type=module --eval "$APP_PROCESS
        process.kill(app, 'SIGKILL');
        process.kill(1, 'SIGTERM');" &
    else
      inspected "$pod" 'setTimeout(() => process.reallyExit(137), 200)' &
    fi
    ids+=" $!"
  done
  for id in $ids; do wait "$id" || return 1; done
}

is_watched() { [ "$(k get pod "$1" --output jsonpath='{.spec.containers[?(@.name=="app")].args[0]}')" = --watch ]; }

# kill_server POD CONTAINER PROCESS: a server's, by a shell in its image. Where it is the container's first process, which gets no
# SIGKILL from inside, it has to crash: MySQL and Java handle SIGSEGV, so they get it, and end without putting anything in order.
# What this answers says nothing, for the shell may go with the container.
kill_server() {
  about_to_kill "$1" "$2" || return 1
  # shellcheck disable=SC2016 # for the shell in there
  k exec "$1" --container "$2" -- sh -c 'for process in /proc/[0-9]*; do
      name="" && read -r name <"$process/comm"
      case $name/${process#/proc/} in "$0/1") kill -s SEGV 1 ;; "$0"/*) kill -s KILL "${process#/proc/}" ;; esac
    done' "$3" >/dev/null 2>&1 || true
}

about_to_kill() { # POD CONTAINER
  local count
  count=$(of_container "$1" "$2" restartCount) || return 1
  if [ -z "$count" ]; then echo "no container $2 in pod $1" >&2 && return 1; fi
  echo "$1 $2 $count" >>"$STATE/killed"
}

# of_container POD CONTAINER FIELD, of its status.
of_container() { k get pod "$1" --output jsonpath="{.status.containerStatuses[?(@.name=='$2')].$3}"; }

# Each container that was killed was started again in its pod, and ended before that as what is killed does.
killed_and_back() {
  local pod container before code
  while read -r pod container before; do
    [ "$(of_container "$pod" "$container" restartCount)" -gt "$before" ] || return 1
    code=$(of_container "$pod" "$container" lastState.terminated.exitCode)
    case $container/$code in
      app/137) ;;
      app/0) is_watched "$pod" || return 1 ;;
      app/* | */ | */0 | */143) return 1 ;;
    esac
    k wait "pod/$pod" --for=condition=Ready --timeout="${RECOVERY_SECONDS}s" >/dev/null || return 1
  done <"$STATE/killed"
}

# The proof of the experiments that kill.
prove_killed() {
  local pod container before
  if ! until_true "$RECOVERY_SECONDS" killed_and_back; then echo 'not killed, or not back:' && cat "$STATE/killed" && return 1; fi
  while read -r pod container before; do
    printf '%s ended with %s; ' "$pod" "$(of_container "$pod" "$container" lastState.terminated.exitCode)"
  done <"$STATE/killed"
  echo 'each was started again'
}

# reach SERVICE HOST PORT: `reached`, or the error of a connection out of a pod of it. Fails when it could not be tried.
reach() {
  in_pod "$1" "const net = await import('node:net');
    const say = (answer) => { console.log(answer); process.exit(0); };
    net.connect({ host: '$2', port: $3, timeout: 5000 })
      .on('connect', () => say('reached')).on('timeout', () => say('ETIMEDOUT')).on('error', ({ code }) => say(code));"
}

sandbox_faults() {
  in_pod sandbox "const answer = await fetch('http://127.0.0.1:8080/faults', $1); if (!answer.ok) throw new Error(await answer.text());"
}

# metric SERVICE NAME: the sum over one pod's samples.
metric() {
  in_pod "$1" "const text = await (await fetch('http://127.0.0.1:9090/metrics')).text();
    const samples = text.split('\n').filter((line) => line.startsWith('$2'));
    console.log(samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0));"
}
