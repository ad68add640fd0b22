{{/*
A database and two users for each service: one that reads and writes, one that also changes tables. May run any number of
times. A changed password is set beside the one before it, which goes on working until the next change. The Job's name does not
follow from what is in a Secret: for a new password it has to be deleted and installed again.
*/}}
{{- define "infrastructure.mysqlBootstrapPod" -}}
{{- $mysql := .Values.mysql }}
{{- $global := .Values.common.global }}
{{- $services := keys (include "common.contracts" . | fromYaml).services | sortAlpha }}
{{- $isOurs := eq $mysql.provider "oracle" }}
{{- include "infrastructure.jobPod" (dict "root" . "component" "mysql" "user" 999) }}
  containers:
    - name: bootstrap
      image: {{ $mysql.bootstrap.image | quote }}
      imagePullPolicy: {{ $global.image.pullPolicy }}
      command: [bash, -c]
      args:
        - |-
          {{- include "infrastructure.mysqlBootstrapScript" . | nindent 10 }}
      env:
        - { name: MYSQL_HOST, value: {{ ternary $mysql.name ($global.mysql.host | default "") $isOurs | quote }} }
        - { name: MYSQL_PORT, value: {{ ternary 6446 (int $global.mysql.port) $isOurs | quote }} }
        - { name: SERVICES, value: {{ join " " $services | quote }} }
        {{- if and (not $isOurs) $global.mysql.tls }}
        - { name: MYSQL_CA, value: /etc/checkout/credentials/ca }
        {{- end }}
        - { name: HOME, value: /tmp }
      resources:
        requests: { cpu: 20m, memory: 32Mi }
        limits: { memory: 128Mi }
      securityContext: {{- include "infrastructure.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        - { name: credentials, mountPath: /etc/checkout/credentials, readOnly: true }
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 16Mi
    - name: credentials
      projected:
        defaultMode: 0440
        sources:
          - secret:
              name: {{ $mysql.admin.secret }}
              items:
                - { key: {{ $mysql.admin.userKey }}, path: admin-username }
                - { key: {{ $mysql.admin.passwordKey }}, path: admin-password }
          {{- range $service := $services }}
          {{- range $user := list "mysql" "mysql-migrator" }}
          - secret:
              name: {{ $service }}-{{ $user }}
              items:
                - { key: username, path: {{ $service }}-{{ $user }}-username }
                - { key: password, path: {{ $service }}-{{ $user }}-password }
          {{- end }}
          {{- end }}
          {{- if and (not $isOurs) $global.mysql.tls }}
          - secret:
              name: {{ $global.mysql.ca.secret }}
              items:
                - { key: {{ $global.mysql.ca.key }}, path: ca }
          {{- end }}
{{- end }}

{{- define "infrastructure.mysqlBootstrapScript" -}}
set -euo pipefail
umask 077

main() {
  write_options /tmp/admin.cnf admin
  until mysql_as /tmp/admin.cnf --execute 'SELECT 1' >/dev/null; do echo 'waiting for MySQL' && sleep 2; done
  local service
  for service in $SERVICES; do
    # In a grant an underscore stands for any character.
    local database="checkout_$service" pattern="checkout\\_$service"
    mysql_as /tmp/admin.cnf --execute "CREATE DATABASE IF NOT EXISTS \`$database\`"
    ensure_user "$service-mysql" "SELECT, INSERT, UPDATE, DELETE" "$pattern"
    ensure_user "$service-mysql-migrator" "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES" "$pattern"
    echo "$database: ready"
  done
}

# Credentials reach the client in a file that only this user reads, never as an argument.
write_options() {
  printf '[client]\nhost=%s\nport=%s\nuser="%s"\npassword="%s"\n' \
    "$MYSQL_HOST" "$MYSQL_PORT" "$(option "$2-username")" "$(option "$2-password")" >"$1"
  if [ -n "${MYSQL_CA:-}" ]; then printf 'ssl-mode=VERIFY_IDENTITY\nssl-ca=%s\n' "$MYSQL_CA" >>"$1"; fi
}

mysql_as() { mysql --defaults-extra-file="$1" --connect-timeout=5 --batch --skip-column-names "${@:2}" </dev/null; }

ensure_user() {
  local account password
  account="'$(literal "$1-username")'@'%'"
  password="'$(literal "$1-password")'"
  statement "CREATE USER IF NOT EXISTS $account IDENTIFIED BY $password"
  write_options /tmp/user.cnf "$1"
  if ! mysql_as /tmp/user.cnf --execute 'SELECT 1' >/dev/null 2>&1; then
    statement "ALTER USER $account IDENTIFIED BY $password RETAIN CURRENT PASSWORD"
  fi
  statement "GRANT $2 ON \`$3\`.* TO $account"
}

statement() { mysql --defaults-extra-file=/tmp/admin.cnf --connect-timeout=5 <<<"$1;"; }

# A file's text for the inside of a quoted option, and of a quoted SQL literal.
option() { sed 's/[\\"]/\\&/g' "/etc/checkout/credentials/$1"; }
literal() { sed "s/[\\\\']/\\\\&/g" "/etc/checkout/credentials/$1"; }

main
{{- end }}
