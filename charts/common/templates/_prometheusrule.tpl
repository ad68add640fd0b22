{{/* Alerts of every service, and those of its own. Each says what it means and what to do first. */}}
{{- define "common.prometheusRule" -}}
{{- $rule := .Values.common.global.monitoring.prometheusRule }}
{{- if $rule.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ .Chart.Name }}
  labels:
    {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
    {{- with $rule.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  groups:
    - name: checkout-{{ .Chart.Name }}
      rules:
        {{- include "common.alerts" . | nindent 8 }}
        {{- with (include "common.service" . | fromYaml).alerts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}
{{- end }}

{{- define "common.alerts" -}}
- alert: CheckoutServiceDown
  expr: absent(up{job="{{ .Chart.Name }}"} == 1)
  for: 5m
  labels: { severity: critical, service: {{ .Chart.Name }} }
  annotations:
    summary: No pod of {{ .Chart.Name }} answers.
    description: Orders that are accepted wait and are not lost. Look at the pods and at what /readyz says.
{{- if (include "common.service" . | fromYaml).database }}
- alert: CheckoutDeadLetters
  # A gauge: a counter that appears with its first count has not increased.
  expr: max(dead_letters_waiting{service="{{ .Chart.Name }}", state="parked"}) > 0
  labels: { severity: warning, service: {{ .Chart.Name }} }
  annotations:
    summary: "{{ .Chart.Name }} could not handle a message, and its order is held."
    description: GET /v1/dead-letters says which and why; POST /v1/dead-letters/{orderId}/redrive tries again.
- alert: CheckoutOutboxBehind
  expr: max(outbox_lag_seconds{service="{{ .Chart.Name }}"}) > 60
  for: 5m
  labels: { severity: critical, service: {{ .Chart.Name }} }
  annotations:
    summary: The broker has not had what {{ .Chart.Name }} recorded for more than a minute.
    description: Orders wait, and none is lost. Look at the broker, and at what the service logs of its relay.
- alert: CheckoutOutboxUnowned
  expr: sum(outbox_partitions{service="{{ .Chart.Name }}"}) < {{ .Values.common.global.log.partitions | int }}
  for: 5m
  labels: { severity: critical, service: {{ .Chart.Name }} }
  annotations:
    summary: No pod of {{ .Chart.Name }} publishes some partitions of its log.
    description: Their orders wait. Look at what its pods log of their leases; a restart takes new ones.
{{- end }}
{{- if (include "common.service" . | fromYaml).provider }}
- alert: CheckoutProviderFailing
  expr: |-
    sum(rate(provider_calls_total{service="{{ .Chart.Name }}", outcome=~"unavailable|unknown"}[5m]))
      / sum(rate(provider_calls_total{service="{{ .Chart.Name }}"}[5m])) > 0.1
  for: 10m
  labels: { severity: warning, service: {{ .Chart.Name }} }
  annotations:
    summary: More than a tenth of the calls that {{ .Chart.Name }} makes to its provider fail or have no answer.
    description: Orders wait and are tried again; nothing is guessed. Ask the provider.
{{- end }}
{{- end }}
