# What the experiments have in common; read by `run` and by each experiment's scripts. Bash forgets `errexit` in whatever is called
# for an answer, in a condition or by `$(…)`, so a function here says itself where it ends.
set -euo pipefail

NAMESPACE=${PLATFORM_NAMESPACE:-checkout}
# Where an experiment keeps what it has to know later, such as the pods that it harmed.
STATE=${CHAOS_STATE:-$(mktemp -d)}
SERVICES='order orchestrator antifraud payment shipping'
RECOVERY_SECONDS=${RECOVERY_SECONDS:-300}
# The exit code by which a fault says that this cluster can't do it; what it printed is the reason.
SKIPPED=77

export NAMESPACE STATE SERVICES RECOVERY_SECONDS SKIPPED

k() { kubectl --namespace "$NAMESPACE" "$@"; }

skip() {
  echo "$*"
  exit "$SKIPPED"
}

selector_of() { echo "app.kubernetes.io/part-of=checkout,app.kubernetes.io/component=server,app.kubernetes.io/name=$1"; }

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

# until SECONDS COMMAND… : once a second, until it succeeds.
until_true() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$limit" ]; then return 1; fi
    sleep 1
  done
}

# None of the pods that were remembered under this name is left, and others with the same labels are there.
replaced() { # NAME SELECTOR
  local now
  now=$(uids "$2") || return 1
  [ -n "$now" ] && [ -s "$STATE/$1" ] && [ -z "$(comm -12 "$STATE/$1" - <<<"$now")" ]
}

# Selector of the server's pods, whoever runs it: k8s/devtools, or its operator.
mysql_pods() { first_that_has app.kubernetes.io/name=mysql,app.kubernetes.io/part-of=checkout-infrastructure mysql.oracle.com/cluster=mysql,component=mysqld; }
kafka_pods() { first_that_has app.kubernetes.io/name=kafka,app.kubernetes.io/part-of=checkout-infrastructure strimzi.io/cluster=checkout,strimzi.io/kind=Kafka; }
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

sandbox_faults() {
  in_pod sandbox "const answer = await fetch('http://127.0.0.1:8080/faults', $1); if (!answer.ok) throw new Error(await answer.text());"
}

# metric SERVICE NAME: the sum over one pod's samples.
metric() {
  in_pod "$1" "const text = await (await fetch('http://127.0.0.1:9090/metrics')).text();
    const samples = text.split('\n').filter((line) => line.startsWith('$2'));
    console.log(samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0));"
}
