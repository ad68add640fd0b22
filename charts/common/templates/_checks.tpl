{{/*
Values that are each right and do not go together. A schema can't say what to do about them, so each is refused here, by the
key that is wrong and the remedy.
*/}}
{{- define "common.checks" -}}
{{- include "common.platformChecks" . }}
{{- include "common.serverChecks" . }}
{{- include "common.providerChecks" . }}
{{- include "common.edgeChecks" . }}
{{- include "common.telemetryChecks" . }}
{{- include "common.workloadChecks" . }}
{{- include "common.imageChecks" . }}
{{- include (printf "%s.checks" .Chart.Name) . }}
{{- end }}

{{- define "common.platformChecks" -}}
{{- $global := .Values.common.global }}
{{- $auth := $global.auth }}
{{- $isProduction := eq $global.environment "production" }}
{{- if and $isProduction $global.sandbox.enabled }}
{{- fail "global.sandbox.enabled: the sandbox gives any token to anybody and takes no real money. Set it to false, or global.environment to staging or development" }}
{{- end }}
{{- if and $isProduction (eq $auth.mode "off") }}
{{- fail "global.auth.mode: off lets everybody do everything. Set it to jwt and name auth.issuer, auth.audience and auth.jwksUrl, or set global.environment to staging or development" }}
{{- end }}
{{- if eq $auth.mode "jwt" }}
{{- $named := list }}
{{- $missing := list }}
{{- range list "issuer" "audience" "jwksUrl" }}
{{- if get $auth . }}{{ $named = append $named . }}{{ else }}{{ $missing = append $missing . }}{{ end }}
{{- end }}
{{- if and $missing (or $named (not $global.sandbox.enabled)) }}
{{- fail (printf "global.auth.%s: missing, and tokens can't be checked without it. Set global.auth.issuer, global.auth.audience and global.auth.jwksUrl, all three" (first $missing)) }}
{{- end }}
{{- end }}
{{- if and $isProduction (hasPrefix "http://" ($auth.jwksUrl | default "")) }}
{{- fail "global.auth.jwksUrl: over http anybody on the way can put a key of theirs in. Use https, or set global.environment to staging or development" }}
{{- end }}
{{- if and $isProduction (not $global.readOnlyRootFilesystem) }}
{{- fail "global.readOnlyRootFilesystem: false is for development tools. Set it to true, or global.environment to staging or development" }}
{{- end }}
{{- if and $isProduction $global.watch }}
{{- fail "global.watch: true restarts a service whenever one of its files changes. Set it to false, or global.environment to staging or development" }}
{{- end }}
{{- $policy := $global.networkPolicy }}
{{- range list "gatewayFrom" "monitoringFrom" "mysqlTo" "kafkaTo" "redisTo" "telemetryTo" }}
{{- if and (not $policy.enabled) (get $policy .) }}
{{- fail (printf "global.networkPolicy.%s: has no effect while networkPolicy.enabled is false. Set that to true, or leave the peers out" .) }}
{{- end }}
{{- end }}
{{- $monitoring := $global.monitoring }}
{{- if and $policy.enabled $monitoring.serviceMonitor.enabled (not $policy.monitoringFrom) }}
{{- fail "global.networkPolicy.monitoringFrom: empty, so that Prometheus is kept out while global.monitoring.serviceMonitor.enabled asks it in. Name its pods, for example [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]" }}
{{- end }}
{{- end }}

{{- define "common.serverChecks" -}}
{{- $global := .Values.common.global }}
{{- $mysql := $global.mysql }}
{{- $kafka := $global.kafka }}
{{- $isProduction := eq $global.environment "production" }}
{{- if (include "common.service" . | fromYaml).database }}
{{- if not $mysql.host }}
{{- fail "global.mysql.host: missing. Set it to the name of the server's Service or its address" }}
{{- end }}
{{- if and $mysql.tls (not (and $mysql.ca.secret $mysql.ca.key)) }}
{{- fail "global.mysql.ca: missing, and with mysql.tls the server is known by it. Set global.mysql.ca.secret and global.mysql.ca.key, or global.mysql.tls to false on a network that you trust" }}
{{- end }}
{{- if and (not $mysql.tls) $mysql.ca.secret }}
{{- fail "global.mysql.ca: has no effect while mysql.tls is false. Set global.mysql.tls to true, or leave it out" }}
{{- end }}
{{- if and .Values.common.global.migrate.enabled (eq .Values.mysql.user.secret .Values.mysql.migrator.secret) (eq .Values.mysql.user.userKey .Values.mysql.migrator.userKey) $isProduction }}
{{- fail (printf "mysql.migrator.secret: the same user as mysql.user, %s, so that the running service may change its tables. Name a user of its own for the migration" .Values.mysql.user.secret) }}
{{- end }}
{{- if not $kafka.brokers }}
{{- fail "global.kafka.brokers: empty. Name at least one bootstrap broker as host:port" }}
{{- end }}
{{- if and (not $kafka.tls) $kafka.ca.secret }}
{{- fail "global.kafka.ca: has no effect while kafka.tls is false. Set global.kafka.tls to true, or leave it out" }}
{{- end }}
{{- if and $kafka.ca.secret (not $kafka.ca.key) }}
{{- fail "global.kafka.ca.key: missing beside kafka.ca.secret. Strimzi's is ca.crt" }}
{{- end }}
{{- if and $isProduction (eq $kafka.sasl "none") }}
{{- fail "global.kafka.sasl: none lets everybody on the network send commands that move money. Set it to scram-sha-512, or global.environment to staging or development" }}
{{- end }}
{{- end }}
{{- if and $global.redis.password.secret (not $global.redis.host) }}
{{- fail "global.redis.host: missing beside redis.password. Set it, or leave the password out" }}
{{- end }}
{{- end }}

{{- define "common.providerChecks" -}}
{{- $global := .Values.common.global }}
{{- $service := include "common.service" . | fromYaml }}
{{- with $service.provider }}
{{- $given := get $global.providers .name }}
{{- if not (include "common.providerUrl" (dict "root" $ "provider" .name)) }}
{{- fail (printf "global.providers.%s.url: missing. Set it to the provider's API; for a trial, set global.sandbox.enabled to true and global.environment to development" .name) }}
{{- end }}
{{- if and (eq $global.environment "production") (hasPrefix "http://" ($given.url | default "")) }}
{{- fail (printf "global.providers.%s.url: customers' data and money orders would travel in the clear. Use https, or set global.environment to staging or development" .name) }}
{{- end }}
{{- if and .webhook (not (and $given.webhook.secret $given.webhook.key)) }}
{{- fail (printf "global.providers.%s.webhook: missing, and a webhook that nobody signs can be forged. Set webhook.secret and webhook.key to what the provider signs with" .name) }}
{{- end }}
{{- if and .webhook (lt (int64 $global.providers.unknownDeadlineMs) (int64 $global.providers.timeoutMs)) }}
{{- fail "global.providers.unknownDeadlineMs: shorter than providers.timeoutMs, so that a payment would be undone before its first try has ended. Raise it; 900000 is a good start" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "common.edgeChecks" -}}
{{- $edge := .Values.common.global.edge }}
{{- $isProduction := eq .Values.common.global.environment "production" }}
{{- if (include "common.service" . | fromYaml).edgePaths }}
{{- if and (eq $edge.mode "gateway") (not $edge.parentRefs) }}
{{- fail "global.edge.parentRefs: empty, so that no Gateway takes the routes. Name one, for example [{name: public, namespace: gateways}], or set global.edge.mode to ingress" }}
{{- end }}
{{- if and (eq $edge.mode "gateway") $edge.tls.secretName }}
{{- fail "global.edge.tls.secretName: has no effect with edge.mode gateway. Put the certificate at the listener of the Gateway and leave it out" }}
{{- end }}
{{- if and (ne $edge.mode "gateway") $edge.parentRefs }}
{{- fail (printf "global.edge.parentRefs: has no effect with edge.mode %s. Set global.edge.mode to gateway, or leave them out" $edge.mode) }}
{{- end }}
{{- if and (ne $edge.mode "ingress") $edge.className }}
{{- fail (printf "global.edge.className: has no effect with edge.mode %s. Set global.edge.mode to ingress, or leave it out" $edge.mode) }}
{{- end }}
{{- if and (eq $edge.mode "none") $edge.host }}
{{- fail "global.edge.host: has no effect with edge.mode none. Set global.edge.mode to ingress or gateway, or leave it out" }}
{{- end }}
{{- if and $isProduction (ne $edge.mode "none") (not $edge.host) }}
{{- fail "global.edge.host: missing, so that every host name would lead to the API. Set it to the name under which the shop calls it" }}
{{- end }}
{{- if and $edge.tls.secretName (not $edge.host) }}
{{- fail "global.edge.host: missing beside edge.tls.secretName. Set it to the name that the certificate is for" }}
{{- end }}
{{- if and $edge.tls.secretName $edge.tls.elsewhere }}
{{- fail "global.edge.tls.elsewhere: true says that a load balancer ends the encryption, and edge.tls.secretName that the Ingress does. Keep one" }}
{{- end }}
{{- if and $isProduction (eq $edge.mode "ingress") (not $edge.tls.secretName) (not $edge.tls.elsewhere) }}
{{- fail "global.edge.tls.secretName: missing, so that orders and tokens would travel in the clear. Set it, or global.edge.tls.elsewhere to true where a load balancer before the Ingress ends the encryption" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "common.telemetryChecks" -}}
{{- $telemetry := .Values.common.global.telemetry }}
{{- $datadog := .Values.common.global.datadog }}
{{- $pairs := include "common.telemetryPairs" . | fromYaml }}
{{- $agents := get $pairs $telemetry.mode }}
{{- if not (has $datadog.agent $agents) }}
{{- fail (printf "global.datadog.agent: %s does not go with telemetry.mode %s. Set it to %s" $datadog.agent $telemetry.mode (join " or " $agents)) }}
{{- end }}
{{- if and (eq $telemetry.mode "otel") (eq $datadog.agent "off") (not $telemetry.otlp.endpoint) }}
{{- fail "global.telemetry.otlp.endpoint: missing. Set it to the collector's OTLP address over HTTP, for example http://collector.telemetry:4318, or choose a datadog.agent" }}
{{- end }}
{{- if and $telemetry.otlp.endpoint (or (ne $telemetry.mode "otel") (ne $datadog.agent "off")) }}
{{- fail (printf "global.telemetry.otlp.endpoint: has no effect with telemetry.mode %s and datadog.agent %s. Leave it out" $telemetry.mode $datadog.agent) }}
{{- end }}
{{- if and (eq $datadog.agent "sidecar") (not $datadog.apiKey.secret) }}
{{- fail "global.datadog.apiKey.secret: missing, and the sidecar sends with it. Name the Secret that holds the API key" }}
{{- end }}
{{- if and $datadog.apiKey.secret (ne $datadog.agent "sidecar") }}
{{- fail (printf "global.datadog.apiKey.secret: has no effect with datadog.agent %s, whose agent has a key of its own. Leave it out" $datadog.agent) }}
{{- end }}
{{- if and $datadog.fargate (ne $datadog.agent "sidecar") }}
{{- fail "global.datadog.fargate: has no effect without the sidecar. Set global.datadog.agent to sidecar, the only one that runs on Fargate" }}
{{- end }}
{{- if and $datadog.socket (or (ne $datadog.agent "daemonset") (ne $telemetry.mode "datadog")) }}
{{- fail "global.datadog.socket: true is for telemetry.mode datadog with datadog.agent daemonset. Set it to false" }}
{{- end }}
{{- end }}

{{- define "common.workloadChecks" -}}
{{- $settings := include "common.settings" . | fromYaml }}
{{- $autoscaling := $settings.autoscaling }}
{{- $service := include "common.service" . | fromYaml }}
{{- if not (and (dig "requests" "cpu" "" $settings.resources) (dig "limits" "memory" "" $settings.resources)) }}
{{- fail "resources: requests.cpu and limits.memory are required: without them a node is filled until its pods starve each other. Set both" }}
{{- end }}
{{- if le (int64 $settings.shutdown.gracePeriodSeconds) (add (int64 $settings.shutdown.preStopSeconds) (div (int64 $settings.shutdown.drainMs) 1000)) }}
{{- fail "shutdown.gracePeriodSeconds: not longer than preStopSeconds and drainMs together, so that the kubelet kills the pod while it still drains. Raise it" }}
{{- end }}
{{- if $service.scales }}
{{- if gt (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas) }}
{{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d. Lower it" (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas)) }}
{{- end }}
{{- if and (eq $autoscaling.mode "lag") (gt (int $autoscaling.maxReplicas) (int .Values.common.global.log.partitions)) }}
{{- fail (printf "autoscaling.maxReplicas: %d is more than global.log.partitions, %d, and each partition has one reader, so that the others would idle. Lower it" (int $autoscaling.maxReplicas) (int .Values.common.global.log.partitions)) }}
{{- end }}
{{- if and (not (kindIs "invalid" .Values.replicas)) (ne $autoscaling.mode "none") }}
{{- fail (printf "replicas: autoscaling.mode %s decides how many pods there are. Leave it out and set autoscaling.minReplicas, or set autoscaling.mode to none" $autoscaling.mode) }}
{{- end }}
{{- $fewest := include "common.fewestReplicas" . | int }}
{{- $budget := int $settings.podDisruptionBudget.maxUnavailable }}
{{- if and (ge $fewest 2) (lt $budget 1) }}
{{- fail "podDisruptionBudget.maxUnavailable: 0 can never be met, and a node could never be drained. Set it to 1" }}
{{- end }}
{{- if and (ge $fewest 2) (ge $budget $fewest) }}
{{- fail (printf "podDisruptionBudget.maxUnavailable: %d of %d pods, so that a drain may take all of them. Lower it to %d" $budget $fewest (sub $fewest 1)) }}
{{- end }}
{{- end }}
{{- range $label, $_ := $settings.podLabels }}
{{- if or (hasPrefix "app.kubernetes.io/" $label) (hasPrefix "tags.datadoghq.com/" $label) }}
{{- fail (printf "podLabels: %s belongs to the chart, which finds its pods by it. Choose another name" $label) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "common.imageChecks" -}}
{{- $image := .Values.image }}
{{- $global := .Values.common.global.image }}
{{- if and $image.reference (or $image.tag $image.digest) }}
{{- fail "image.reference: says everything, and image.tag or image.digest beside it would have no effect. Keep one way" }}
{{- end }}
{{- range list $image.tag $global.tag }}
{{- if eq (. | default "") "latest" }}
{{- fail "image.tag: latest is another image every day, so that no rollback leads back to it and no migration knows its release. Name a release" }}
{{- end }}
{{- end }}
{{- end }}
