# What the scripts of k8s have in common. Bash forgets `errexit` in whatever is called for an answer, in a condition or by `$(…)`,
# so a function here says itself where it ends.
set -euo pipefail

NAMESPACE=${PLATFORM_NAMESPACE:-checkout}
SERVICES='order orchestrator antifraud payment shipping'
export NAMESPACE SERVICES

k() { kubectl --namespace "$NAMESPACE" "$@"; }

selector_of() { echo "app.kubernetes.io/part-of=checkout,app.kubernetes.io/component=${2:-server},app.kubernetes.io/name=$1"; }

# That the release `checkout` is at. Behind a rollback Helm says as well which one that went back to.
revision() { helm history checkout --namespace "$NAMESPACE" --max 1 --output yaml | sed -n 's/^[- ] revision: //p'; }

# until_true SECONDS COMMAND… : once a second, until it succeeds.
until_true() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$limit" ]; then return 1; fi
    sleep 1
  done
}

# The current context, or skaffold's, if that is a cluster on this machine: what is meant for a laptop would be on a cluster where
# somebody works before anybody asked. Argument: what is run again, for the advice.
context_of_this_machine() {
  local context
  context=${SKAFFOLD_KUBE_CONTEXT:-$(kubectl config current-context)} || return 1
  case $context in
    kind-* | minikube | docker-desktop) echo "$context" ;;
    *) echo "$context is not a cluster on this machine. If it is meant: $1 … --context $context" >&2 && return 1 ;;
  esac
}

# For kubectl and Helm, here and in the scripts that are called, whatever anybody makes the current context meanwhile.
use() {
  if [ -z "$1" ]; then exit 2; fi
  KUBECONFIG_OF_RUN=$(mktemp)
  trap 'rm -f "$KUBECONFIG_OF_RUN"' EXIT
  kubectl config view --flatten --minify --context "$1" >"$KUBECONFIG_OF_RUN"
  export KUBECONFIG=$KUBECONFIG_OF_RUN
}
