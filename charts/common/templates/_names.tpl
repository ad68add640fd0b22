{{/* The service that a chart is for, as its own `<name>.service` says it. */}}
{{- define "common.service" -}}
{{ include (printf "%s.service" .Chart.Name) . }}
{{- end }}

{{- define "common.version" -}}
{{- .Values.image.tag | default .Values.common.global.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The whole reference of the image that runs. */}}
{{- define "common.image" -}}
{{- $image := .Values.image }}
{{- $registry := .Values.common.global.image.registry }}
{{- if $image.reference }}
{{- $image.reference }}
{{- else }}
{{- with $registry }}{{ . }}/{{ end }}{{ $image.repository }}:{{ include "common.version" . }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/* Of a Deployment these can never change, so no release and no version is among them. Arguments: root, component. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: checkout
{{- end }}

{{/* A label holds 63 characters; a version with `+` is none. */}}
{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ include "common.version" .root | replace "+" "_" | trunc 63 | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{/* Unified service tags: one name for a service's traces, metrics and logs. */}}
{{- define "common.datadogLabels" -}}
{{- if ne .Values.common.global.datadog.agent "off" }}
tags.datadoghq.com/env: {{ .Values.common.global.environment }}
tags.datadoghq.com/service: {{ .Chart.Name }}
tags.datadoghq.com/version: {{ include "common.version" . | replace "+" "_" | trunc 63 | quote }}
{{- end }}
{{- end }}
