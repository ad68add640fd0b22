{{/* What `global` says for all services and this one says otherwise. */}}
{{- define "common.settings" -}}
{{- $names := list "replicas" "resources" "autoscaling" "podDisruptionBudget" "shutdown" "scheduling" "podAnnotations" "podLabels" "logLevel" }}
{{- $settings := dict }}
{{- range $names }}
{{- $_ := set $settings . (get $.Values.common.global . | deepCopy) }}
{{- if hasKey $.Values . }}
{{- include "common.overlay" (dict "base" $settings "over" (dict . (get $.Values .))) }}
{{- end }}
{{- end }}
{{- if not (include "common.service" . | fromYaml).scales }}
{{- $_ := set $settings "replicas" 1 }}
{{- $_ := set $settings.autoscaling "mode" "none" }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* Like mergeOverwrite, which passes over `false` and 0. Changes `base`. */}}
{{- define "common.overlay" -}}
{{- range $key, $value := .over }}
{{- if and (kindIs "map" $value) (kindIs "map" (get $.base $key)) }}
{{- include "common.overlay" (dict "base" (get $.base $key) "over" $value) }}
{{- else if not (kindIs "invalid" $value) }}
{{- $_ := set $.base $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether more than one pod runs at any time. */}}
{{- define "common.fewestReplicas" -}}
{{- $settings := include "common.settings" . | fromYaml }}
{{- ternary $settings.replicas $settings.autoscaling.minReplicas (eq $settings.autoscaling.mode "none") | int }}
{{- end }}

{{/* Base URL of the provider that a service calls: the real one, or the sandbox. Arguments: root, provider. */}}
{{- define "common.providerUrl" -}}
{{- $given := (get .root.Values.common.global.providers .provider).url }}
{{- if $given }}{{ $given }}
{{- else if .root.Values.common.global.sandbox.enabled }}http://sandbox:8080/{{ .provider }}
{{- end }}
{{- end }}

{{/* Whether callers' tokens come from the sandbox. Empty: no. */}}
{{- define "common.sandboxIssues" -}}
{{- $global := .Values.common.global }}
{{- if and $global.sandbox.enabled (eq $global.auth.mode "jwt") (not $global.auth.issuer) }}true{{ end }}
{{- end }}
