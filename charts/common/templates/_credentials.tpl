{{/* The keys of Secrets that the app needs, as sources of one projected volume: a changed key reaches a running pod. */}}
{{- define "common.credentials" -}}
{{- $global := .Values.common.global }}
{{- $service := include "common.service" . | fromYaml }}
{{- if $service.database }}
{{- include "common.databaseCredentials" (dict "root" . "name" "mysql" "user" .Values.mysql.user) }}
{{- if ne $global.kafka.sasl "none" }}
{{- include "common.credential" (dict "from" .Values.kafka.password "path" "kafka-password") }}
{{- end }}
{{- if $global.kafka.tls }}
{{- include "common.credential" (dict "from" $global.kafka.ca "path" "kafka-ca") }}
{{- end }}
{{- end }}
{{- if and $service.cache $global.redis.host }}
{{- include "common.credential" (dict "from" $global.redis.password "path" "redis-password") }}
{{- end }}
{{- range $service.webhookSecrets }}
{{- include "common.credential" (dict "from" (get $global.providers .).webhook "path" (printf "%s-webhook-secret" .)) }}
{{- end }}
{{- end }}

{{/* Arguments: root, name (of the files), user. */}}
{{- define "common.databaseCredentials" -}}
{{- include "common.credential" (dict "from" (dict "secret" .user.secret "key" .user.userKey) "path" (printf "%s-username" .name)) }}
{{- include "common.credential" (dict "from" (dict "secret" .user.secret "key" .user.passwordKey) "path" (printf "%s-password" .name)) }}
{{- if .root.Values.common.global.mysql.tls }}
{{- include "common.credential" (dict "from" .root.Values.common.global.mysql.ca "path" "mysql-ca") }}
{{- end }}
{{- end }}

{{/* Arguments: from (secret, key), path. Nothing without a Secret. */}}
{{- define "common.credential" -}}
{{- if .from.secret }}
- secret:
    name: {{ .from.secret }}
    items:
      - key: {{ .from.key }}
        path: {{ .path }}
{{- end }}
{{- end }}

{{/* Readable by the pod's group alone. Argument: the sources. */}}
{{- define "common.credentialsVolume" -}}
- name: credentials
  projected:
    defaultMode: 0440
    sources: {{- trim . | nindent 6 }}
{{- end }}
