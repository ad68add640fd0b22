{{- define "common.serviceMonitor" -}}
{{- $monitor := .Values.common.global.monitoring.serviceMonitor }}
{{- if $monitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ .Chart.Name }}
  labels:
    {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
    {{- with $monitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels: {{- include "common.selectorLabels" (dict "root" . "component" "server") | nindent 6 }}
  endpoints:
    - port: ops
      path: /metrics
      interval: {{ $monitor.intervalSeconds | int }}s
      # Samples carry the label `service` already.
      honorLabels: true
{{- end }}
{{- end }}
