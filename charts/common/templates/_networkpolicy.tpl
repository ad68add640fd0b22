{{/*
Who may talk to whom: one policy for the app, one for the migration, one for the test. Ports are those of pods. Each selects
its pods for both directions, so whatever is not here is refused.
*/}}
{{- define "common.networkPolicies" -}}
{{- /* Which template is rendered first is Helm's to say, and this one reads settings that may be missing. */ -}}
{{- include "common.checks" . }}
{{- if .Values.common.global.networkPolicy.enabled }}
{{- $service := include "common.service" . | fromYaml }}
{{- include "common.networkPolicy" (dict "root" . "component" "server" "ingress" (include "common.serverIngress" .) "egress" (include "common.serverEgress" .)) }}
{{- if and $service.database .Values.common.global.migrate.enabled }}
---
{{ include "common.networkPolicy" (dict "root" . "component" "migrate" "ingress" "" "egress" (include "common.mysqlEgress" .)) }}
{{- end }}
---
{{ include "common.networkPolicy" (dict "root" . "component" "test" "ingress" "" "egress" (include "common.testEgress" .)) }}
{{- end }}
{{- end }}

{{/* Arguments: root, component, ingress, egress. Every pod may ask for names. */}}
{{- define "common.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .root.Chart.Name }}{{ if ne .component "server" }}-{{ .component }}{{ end }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress: {{- trim . | nindent 4 }}
  {{- end }}
  egress:
    - ports:
        - { protocol: UDP, port: 53 }
        - { protocol: TCP, port: 53 }
    {{- trim .egress | nindent 4 }}
{{- end }}

{{- define "common.serverIngress" -}}
{{- $policy := .Values.common.global.networkPolicy }}
{{- $service := include "common.service" . | fromYaml }}
{{- if and $service.edgePaths (ne .Values.common.global.edge.mode "none") }}
{{- include "common.rule" (dict "direction" "from" "peers" $policy.gatewayFrom "port" 8080) }}
{{- end }}
{{- $callers := concat (include "common.callers" . | fromYamlArray) (list "test") }}
{{- $peers := list }}
{{- range $callers }}
{{- $peers = append $peers (include "common.peer" . | fromYaml) }}
{{- end }}
{{- include "common.rule" (dict "direction" "from" "peers" $peers "port" 8080) }}
{{- include "common.rule" (dict "direction" "from" "peers" (list (include "common.peer" "test" | fromYaml)) "port" 9090) }}
{{- if $policy.monitoringFrom }}
{{- include "common.rule" (dict "direction" "from" "peers" $policy.monitoringFrom "port" 9090) }}
{{- end }}
{{- end }}

{{/* Services that call this one over HTTP. */}}
{{- define "common.callers" -}}
{{- if eq .Chart.Name "sandbox" }}
{{- concat (list "antifraud" "payment" "shipping") (ternary (list "order" "orchestrator") (list) (eq (include "common.sandboxIssues" .) "true")) | toJson }}
{{- else if and (has .Chart.Name (list "payment" "shipping")) .Values.common.global.sandbox.enabled }}
{{- list "sandbox" | toJson }}
{{- else }}[]
{{- end }}
{{- end }}

{{/* A service's pods, or the test pods of all. */}}
{{- define "common.peer" -}}
podSelector:
  matchLabels:
    app.kubernetes.io/part-of: checkout
    {{- if eq . "test" }}
    app.kubernetes.io/component: test
    {{- else }}
    app.kubernetes.io/name: {{ . }}
    app.kubernetes.io/component: server
    {{- end }}
{{- end }}

{{/* Arguments: direction (from, to), peers (none: any), port, protocol. */}}
{{- define "common.rule" }}
- ports:
    - { protocol: {{ .protocol | default "TCP" }}, port: {{ .port | int }} }
  {{- with .peers }}
  {{ $.direction }}: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "common.serverEgress" -}}
{{- $global := .Values.common.global }}
{{- $policy := $global.networkPolicy }}
{{- $service := include "common.service" . | fromYaml }}
{{- if $service.database }}
{{- include "common.mysqlEgress" . }}
{{- range $global.kafka.brokers | join "," | splitList "," }}
{{- if . }}{{ $_ := set $service (printf "port-%s" (splitList ":" . | last)) true }}{{ end }}
{{- end }}
{{- range $key := keys $service | sortAlpha }}
{{- if hasPrefix "port-" $key }}
{{- include "common.rule" (dict "direction" "to" "peers" $policy.kafkaTo "port" (trimPrefix "port-" $key)) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $service.cache $global.redis.host }}
{{- include "common.rule" (dict "direction" "to" "peers" $policy.redisTo "port" $global.redis.port) }}
{{- end }}
{{- if eq .Chart.Name "sandbox" }}
{{- include "common.rule" (dict "direction" "to" "peers" (list (include "common.peer" "payment" | fromYaml) (include "common.peer" "shipping" | fromYaml)) "port" 8080) }}
{{- else if include "common.callsSandbox" . }}
{{- include "common.rule" (dict "direction" "to" "peers" (list (include "common.peer" "sandbox" | fromYaml)) "port" 8080) }}
{{- end }}
{{- if include "common.callsOutside" . }}
{{- include "common.rule" (dict "direction" "to" "peers" (include "common.outside" . | fromYamlArray) "port" 443) }}
{{- end }}
{{- include "common.telemetryEgress" . }}
{{- end }}

{{- define "common.mysqlEgress" -}}
{{- $global := .Values.common.global }}
{{- include "common.rule" (dict "direction" "to" "peers" $global.networkPolicy.mysqlTo "port" $global.mysql.port) }}
{{- end }}

{{- define "common.testEgress" -}}
{{- $peer := dict "podSelector" (dict "matchLabels" (dict "app.kubernetes.io/part-of" "checkout" "app.kubernetes.io/component" "server")) }}
{{- include "common.rule" (dict "direction" "to" "peers" (list $peer) "port" 8080) }}
{{- include "common.rule" (dict "direction" "to" "peers" (list $peer) "port" 9090) }}
{{- end }}

{{- define "common.callsSandbox" -}}
{{- $provider := (include "common.service" . | fromYaml).provider }}
{{- if include "common.sandboxIssues" . }}true
{{- else if and $provider .Values.common.global.sandbox.enabled (not (get .Values.common.global.providers $provider.name).url) }}true
{{- end }}
{{- end }}

{{/* A provider, an issuer of tokens, or the backend of an agent in the pod: ours, or one that is injected. */}}
{{- define "common.callsOutside" -}}
{{- $global := .Values.common.global }}
{{- $provider := (include "common.service" . | fromYaml).provider }}
{{- if has $global.datadog.agent (list "sidecar" "injected") }}true
{{- else if and (eq $global.auth.mode "jwt") (not (include "common.sandboxIssues" .)) }}true
{{- else if and $provider (get $global.providers ($provider.name | default "psp")).url }}true
{{- end }}
{{- end }}

{{/* Everything but our own networks: a provider's name that leads there is a trick. */}}
{{- define "common.outside" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: {{- toYaml .Values.common.global.networkPolicy.privateRanges | nindent 6 }}
- ipBlock:
    cidr: ::/0
    except: ["fc00::/7", "fe80::/10"]
{{- end }}

{{- define "common.telemetryEgress" -}}
{{- $global := .Values.common.global }}
{{- $peers := $global.networkPolicy.telemetryTo }}
{{- if and (eq $global.telemetry.mode "otel") (eq $global.datadog.agent "off") }}
{{- $url := urlParse $global.telemetry.otlp.endpoint }}
{{- $port := splitList ":" $url.host | last }}
{{- if not (contains ":" $url.host) }}{{ $port = ternary "443" "80" (eq $url.scheme "https") }}{{ end }}
{{- include "common.rule" (dict "direction" "to" "peers" $peers "port" $port) }}
{{- else if and (eq $global.datadog.agent "daemonset") (not $global.datadog.socket) }}
{{- if eq $global.telemetry.mode "otel" }}
{{- include "common.rule" (dict "direction" "to" "peers" $peers "port" 4318) }}
{{- else }}
{{- include "common.rule" (dict "direction" "to" "peers" $peers "port" 8126) }}
{{- include "common.rule" (dict "direction" "to" "peers" $peers "port" 8125 "protocol" "UDP") }}
{{- end }}
{{- end }}
{{- end }}
