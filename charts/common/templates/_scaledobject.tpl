{{/* One trigger for each topic of the group; the one that lags most decides. */}}
{{- define "common.scaledObject" -}}
{{- $global := .Values.common.global }}
{{- $autoscaling := (include "common.settings" . | fromYaml).autoscaling }}
{{- if eq $autoscaling.mode "lag" }}
{{- $access := get (include "common.contracts" . | fromYaml).services .Chart.Name }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ .Chart.Name }}
  # Never none: timers fire and the API answers without a message in sight.
  minReplicaCount: {{ $autoscaling.minReplicas | int }}
  maxReplicaCount: {{ $autoscaling.maxReplicas | int }}
  advanced:
    horizontalPodAutoscalerConfig:
      name: {{ .Chart.Name }}
      behavior: {{- include "common.scalingBehavior" . | nindent 8 }}
  triggers:
    {{- range $access.reads }}
    - type: kafka
      metadata:
        bootstrapServers: {{ join "," $global.kafka.brokers }}
        consumerGroup: {{ $global.kafka.prefix }}{{ $.Chart.Name }}
        topic: {{ $global.kafka.prefix }}{{ . }}
        lagThreshold: {{ $autoscaling.lagMessages | int64 | quote }}
        offsetResetPolicy: earliest
        # KEDA's default speaks a protocol that Kafka 4 has dropped.
        version: 3.6.0
        {{- if ne $global.kafka.sasl "none" }}
        sasl: scram_sha512
        {{- end }}
        tls: {{ ternary "enable" "disable" $global.kafka.tls }}
      {{- if include "common.triggerSecrets" $ }}
      authenticationRef:
        name: {{ $.Chart.Name }}
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{/* What KEDA has to know to ask the broker. */}}
{{- define "common.triggerSecrets" -}}
{{- $kafka := .Values.common.global.kafka }}
{{- if ne $kafka.sasl "none" }}
- { parameter: password, name: {{ .Values.kafka.password.secret }}, key: {{ .Values.kafka.password.key }} }
{{- end }}
{{- if and $kafka.tls $kafka.ca.secret }}
- { parameter: ca, name: {{ $kafka.ca.secret }}, key: {{ $kafka.ca.key }} }
{{- end }}
{{- end }}
