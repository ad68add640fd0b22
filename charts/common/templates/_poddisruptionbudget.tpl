{{/* Of a single pod it could never be met, and would stop every drain. */}}
{{- define "common.podDisruptionBudget" -}}
{{- if ge (include "common.fewestReplicas" . | int) 2 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
spec:
  maxUnavailable: {{ (include "common.settings" . | fromYaml).podDisruptionBudget.maxUnavailable | int }}
  # A pod that is broken anyway shall not hold up the drain that would replace it.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "common.selectorLabels" (dict "root" . "component" "server") | nindent 6 }}
{{- end }}
{{- end }}
