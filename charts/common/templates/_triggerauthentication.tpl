{{/* The user name comes from the app's own environment: the Secret of a KafkaUser has none. */}}
{{- define "common.triggerAuthentication" -}}
{{- $secrets := include "common.triggerSecrets" . }}
{{- if and $secrets (eq (include "common.settings" . | fromYaml).autoscaling.mode "lag") }}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
spec:
  secretTargetRef: {{- trim $secrets | nindent 4 }}
  {{- if ne .Values.common.global.kafka.sasl "none" }}
  env:
    - { parameter: username, name: KAFKA_USERNAME, containerName: app }
  {{- end }}
{{- end }}
{{- end }}
