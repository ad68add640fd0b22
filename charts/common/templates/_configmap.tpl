{{- define "common.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
data: {{- include "common.environment" . | trim | nindent 2 }}
{{- end }}
