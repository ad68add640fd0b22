{{/* By the app's own container: a busy agent beside it shall not scale the app. */}}
{{- define "common.horizontalPodAutoscaler" -}}
{{- $autoscaling := (include "common.settings" . | fromYaml).autoscaling }}
{{- if eq $autoscaling.mode "cpu" }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .Chart.Name }}
  minReplicas: {{ $autoscaling.minReplicas | int }}
  maxReplicas: {{ $autoscaling.maxReplicas | int }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: app
        target:
          type: Utilization
          averageUtilization: {{ $autoscaling.cpuPercent | int }}
  behavior: {{- include "common.scalingBehavior" . | nindent 4 }}
{{- end }}
{{- end }}

{{/* Up at once, down by one pod a minute after five quiet minutes: each change moves partitions between pods. */}}
{{- define "common.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - { type: Percent, value: 100, periodSeconds: 30 }
    - { type: Pods, value: 2, periodSeconds: 30 }
  selectPolicy: Max
scaleDown:
  stabilizationWindowSeconds: 300
  policies:
    - { type: Pods, value: 1, periodSeconds: 60 }
{{- end }}
