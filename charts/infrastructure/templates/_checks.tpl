{{/* Like those of the services: the key that is wrong, and the remedy. */}}
{{- define "infrastructure.checks" -}}
{{- $global := .Values.common.global }}
{{- $kafka := .Values.kafka }}
{{- $mysql := .Values.mysql }}
{{- $isProduction := eq $global.environment "production" }}
{{- if eq $kafka.provider "strimzi" }}
{{- if eq (int $kafka.nodes) 2 }}
{{- fail "kafka.nodes: of two, neither can go on without the other. Set it to 1 for development, or to 3 or more" }}
{{- end }}
{{- if and $isProduction (lt (int $kafka.nodes) 3) }}
{{- fail "kafka.nodes: one broken disk would lose messages. Set it to 3, or global.environment to staging or development" }}
{{- end }}
{{- if $kafka.topics.bootstrap }}
{{- fail "kafka.topics.bootstrap: Strimzi makes the topics. Set it to false, or kafka.provider to external" }}
{{- end }}
{{- else if $kafka.topics.bootstrap }}
{{- if or $global.kafka.tls (ne $global.kafka.sasl "none") }}
{{- fail "kafka.topics.bootstrap: the Job has no user on the broker. Make the topics by your provider's own means, see the README, and set it to false" }}
{{- end }}
{{- if not $global.kafka.brokers }}
{{- fail "global.kafka.brokers: empty. Name the broker on which kafka.topics.bootstrap makes the topics, as host:port" }}
{{- end }}
{{- end }}
{{- if eq $mysql.provider "oracle" }}
{{- if eq (int $mysql.instances) 2 }}
{{- fail "mysql.instances: two can't agree on which of them is the primary. Set it to 1 for development, or to 3" }}
{{- end }}
{{- if and $isProduction (lt (int $mysql.instances) 3) }}
{{- fail "mysql.instances: one broken disk would lose orders. Set it to 3, or global.environment to staging or development" }}
{{- end }}
{{- if ne (empty $mysql.tls.secretName) (empty $mysql.tls.caSecretName) }}
{{- fail "mysql.tls.caSecretName: goes together with mysql.tls.secretName. Set both, or neither for self-signed certificates" }}
{{- end }}
{{- if and $mysql.backup.enabled (not $mysql.backup.claimName) }}
{{- fail "mysql.backup.claimName: missing, and a backup needs a place. Name a PersistentVolumeClaim, or set mysql.backup.enabled to false" }}
{{- end }}
{{- else }}
{{- if $mysql.backup.enabled }}
{{- fail "mysql.backup.enabled: the operator makes no backups of an external server. Set it to false and use your provider's own" }}
{{- end }}
{{- if and $mysql.bootstrap.enabled (not $global.mysql.host) }}
{{- fail "global.mysql.host: missing. Name the server on which mysql.bootstrap makes databases and users" }}
{{- end }}
{{- end }}
{{- end }}
