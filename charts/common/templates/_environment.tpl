{{/* The environment of the app, for its ConfigMap. Nothing here is a secret: those are files. */}}
{{- define "common.environment" -}}
{{- $global := .Values.common.global }}
{{- $settings := include "common.settings" . | fromYaml }}
{{- $service := include "common.service" . | fromYaml }}
HOST: 0.0.0.0
PORT: "8080"
OPS_PORT: "9090"
DATA_DIR: {{ $service.dataDir | default "/tmp" }}
LOG_LEVEL: {{ $settings.logLevel }}
SHUTDOWN_MS: {{ $settings.shutdown.drainMs | int64 | quote }}
{{ include "common.authEnvironment" . }}
{{- if $service.database }}
{{ include "common.databaseEnvironment" (dict "root" . "name" "mysql") }}
STORE: mysql
{{ include "common.kafkaEnvironment" . }}
{{- end }}
{{- if and $service.cache $global.redis.host }}
REDIS_URL: {{ ternary "rediss" "redis" $global.redis.tls }}://{{ $global.redis.host }}:{{ $global.redis.port | int }}
{{- if $global.redis.password.secret }}
REDIS_PASSWORD_FILE: /etc/checkout/credentials/redis-password
{{- end }}
{{- end }}
{{- with $service.provider }}
{{ .variable }}_URL: {{ include "common.providerUrl" (dict "root" $ "provider" .name) }}
PROVIDER_TIMEOUT_MS: {{ $global.providers.timeoutMs | int64 | quote }}
{{- if .webhook }}
{{ .variable }}_WEBHOOK_SECRET_FILE: /etc/checkout/credentials/{{ .name }}-webhook-secret
UNKNOWN_DEADLINE_MS: {{ $global.providers.unknownDeadlineMs | int64 | quote }}
{{- end }}
{{- end }}
{{ include "common.telemetryEnvironment" . }}
{{- range $name, $value := $service.environment }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "common.authEnvironment" -}}
{{- $auth := .Values.common.global.auth -}}
AUTH: {{ $auth.mode | quote }}
{{- if include "common.sandboxIssues" . }}
JWT_ISSUER: checkout-sandbox
JWT_AUDIENCE: checkout
JWT_JWKS_URL: http://sandbox:8080/.well-known/jwks.json
{{- else if eq $auth.mode "jwt" }}
JWT_ISSUER: {{ $auth.issuer | quote }}
JWT_AUDIENCE: {{ $auth.audience | quote }}
JWT_JWKS_URL: {{ $auth.jwksUrl | quote }}
{{- end }}
{{- end }}

{{/* Arguments: root, name (of the credentials' files). */}}
{{- define "common.databaseEnvironment" -}}
{{- $mysql := .root.Values.common.global.mysql -}}
MYSQL_URL: mysql://{{ $mysql.host }}:{{ $mysql.port | int }}/{{ .root.Values.mysql.database }}
MYSQL_USERNAME_FILE: /etc/checkout/credentials/{{ .name }}-username
MYSQL_PASSWORD_FILE: /etc/checkout/credentials/{{ .name }}-password
{{- if $mysql.tls }}
MYSQL_CA_FILE: /etc/checkout/credentials/mysql-ca
{{- end }}
LOG_PARTITIONS: {{ .root.Values.common.global.log.partitions | int | quote }}
{{- end }}

{{- define "common.kafkaEnvironment" -}}
{{- $kafka := .Values.common.global.kafka -}}
BUS: kafka
BUS_PREFIX: {{ $kafka.prefix | quote }}
KAFKA_BROKERS: {{ join "," $kafka.brokers }}
KAFKA_TLS: {{ ternary "on" "off" $kafka.tls | quote }}
{{- if and $kafka.tls $kafka.ca.secret }}
KAFKA_CA_FILE: /etc/checkout/credentials/kafka-ca
{{- end }}
{{- if ne $kafka.sasl "none" }}
KAFKA_SASL_MECHANISM: {{ $kafka.sasl }}
KAFKA_USERNAME: {{ .Values.kafka.username | quote }}
KAFKA_PASSWORD_FILE: /etc/checkout/credentials/kafka-password
{{- end }}
{{- end }}
