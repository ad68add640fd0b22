# What the scripts of this experiment have in common.
# shellcheck source=../lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

# By a shell in the server's pod, with the administrator's password in its environment.
in_mysql() {
  # shellcheck disable=SC2016 # for the shell in there
  k exec statefulset/mysql -- sh -c 'MYSQL_PWD=$(cat /etc/mysql-admin/rootPassword) && export MYSQL_PWD && eval "$0"' "$1"
}

database() { echo "checkout_$1"; }
databases() { for service in $SERVICES; do database "$service"; done | tr '\n' ' '; }

# rows SERVICE: of its log.
rows() { in_mysql "mysql --host=127.0.0.1 --user=root --skip-column-names --execute 'SELECT COUNT(*) FROM $(database "$1").log'"; }

payments_recorded() { [ "$(rows payment)" -ge $(($(remembered payments) + 3)) ]; }

restore() { KUBE_CONTEXT=$(kubectl config current-context) "$(dirname "${BASH_SOURCE[0]}")/../../restore" "$@"; }
